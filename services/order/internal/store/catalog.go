package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// maxCached bounds what the cache keeps of a kind; past it everything is read anew.
const maxCached = 500_000

// Catalogs gives the part of the master data that orders need. What was read is kept until the copies change: their
// version is read first each time, so a cached entry is never older than the tables. Safe for concurrent use.
type Catalogs struct {
	mu       sync.Mutex
	version  int64
	items    map[string]*domain.Item
	accounts map[string]*domain.Account
	entities map[string]*domain.LegalEntity         // nil: known not to exist
	prices   map[domain.PriceKey][]domain.ListPrice // none: known not to exist, as with codes
	codes    map[domain.CodeKey][]domain.CodedItem
}

// NewCatalogs makes an empty cache.
func NewCatalogs() *Catalogs { return &Catalogs{version: -1} }

// For loads what the asks name. What does not exist is missing in the result.
func (c *Catalogs) For(ctx context.Context, db DBTX, asks []domain.Ask) (*domain.Catalog, error) {
	q := New(db)
	var version int64
	var asOf time.Time
	row, err := q.ReadCatalog(ctx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return nil, fmt.Errorf("read catalog: %w", err)
	default:
		version, asOf = row.Version, row.AsOf.Time
	}
	catalog := &domain.Catalog{
		Items: map[string]*domain.Item{}, Accounts: map[string]*domain.Account{}, Entities: map[string]*domain.LegalEntity{},
		Prices: map[domain.PriceKey][]domain.ListPrice{}, Codes: map[domain.CodeKey][]domain.CodedItem{}, AsOf: asOf,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version || len(c.items)+len(c.accounts)+len(c.prices)+len(c.codes) > maxCached {
		c.version = version
		c.items, c.accounts, c.entities = map[string]*domain.Item{}, map[string]*domain.Account{}, map[string]*domain.LegalEntity{}
		c.prices, c.codes = map[domain.PriceKey][]domain.ListPrice{}, map[domain.CodeKey][]domain.CodedItem{}
	}
	if err := c.findTerms(ctx, q, asks, catalog); err != nil {
		return nil, err
	}
	if err := c.findCodes(ctx, q, asks, catalog); err != nil {
		return nil, err
	}
	if err := c.findItems(ctx, q, asks, catalog); err != nil {
		return nil, err
	}
	return catalog, c.findPrices(ctx, q, asks, catalog)
}

// findTerms finds the accounts, those that get their invoices, and the companies that sell to them.
func (c *Catalogs) findTerms(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	ids := make([]string, len(asks))
	for i := range asks {
		ids[i] = asks[i].AccountID
	}
	if err := c.findAccounts(ctx, q, ids, into); err != nil {
		return err
	}
	var billTos []string
	for _, account := range into.Accounts {
		if account.BillTo != "" && into.Accounts[account.BillTo] == nil {
			billTos = append(billTos, account.BillTo)
		}
	}
	if err := c.findAccounts(ctx, q, billTos, into); err != nil {
		return err
	}
	return c.findEntities(ctx, q, into)
}

func (c *Catalogs) findAccounts(ctx context.Context, q *Queries, ids []string, into *domain.Catalog) error {
	var missing []string
	for _, id := range ids {
		if known, ok := c.accounts[id]; ok {
			into.Accounts[id] = known
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := q.FindAccounts(ctx, missing)
	if err != nil {
		return fmt.Errorf("find accounts: %w", err)
	}
	for _, row := range rows {
		account := &domain.Account{
			ID: row.AccountID, LegalEntity: row.LegalEntity, Currency: row.CurrencyCode, PaymentDays: int32(row.PaymentDays),
			TaxJurisdiction: row.TaxJurisdiction, Inactive: row.Inactive, Rounding: money.Rounding(row.Rounding),
			Priority: int32(row.Priority), BillTo: row.BillTo, HoldPrices: row.PriceDifference == "HOLD",
			PriceTolerance: int32(row.PriceTolerance), Version: row.Version,
		}
		if err := json.Unmarshal(row.ShipTos, &account.ShipTos); err != nil {
			return fmt.Errorf("ship-tos of account %s: %w", row.AccountID, err)
		}
		if err := json.Unmarshal(row.PriceLists, &account.PriceLists); err != nil {
			return fmt.Errorf("price lists of account %s: %w", row.AccountID, err)
		}
		c.accounts[row.AccountID], into.Accounts[row.AccountID] = account, account
	}
	return nil
}

func (c *Catalogs) findItems(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	var missing []string
	find := func(key string) {
		if known, ok := c.items[key]; ok {
			into.Items[key] = known
		} else {
			missing = append(missing, key)
		}
	}
	for i := range asks {
		for j := range asks[i].Lines {
			if line := &asks[i].Lines[j]; line.SKU != "" {
				find(domain.SKUKey(line.SKU))
			}
		}
	}
	for _, coded := range into.Codes {
		for _, one := range coded {
			find(one.SKUKey)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := q.FindItems(ctx, missing)
	if err != nil {
		return fmt.Errorf("find items: %w", err)
	}
	for _, row := range rows {
		item := &domain.Item{
			SKU: domain.SKU(row.Sku), Description: row.Description, Service: row.Service, BaseUnit: row.BaseUnit,
			Scale: int(row.Scale), TaxClass: row.TaxClass, Inactive: row.Inactive, Version: row.Version,
		}
		if err := json.Unmarshal(row.Units, &item.Units); err != nil {
			return fmt.Errorf("units of item %s: %w", row.Sku, err)
		}
		c.items[row.SkuKey], into.Items[row.SkuKey] = item, item
	}
	return nil
}

func keys(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for key := range set {
		list = append(list, key)
	}
	return list
}
