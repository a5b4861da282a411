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
	prices   map[domain.PriceKey]money.Price // noPrice: known not to exist
}

const noPrice money.Price = -1

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
		Items: map[string]*domain.Item{}, Accounts: map[string]*domain.Account{}, Prices: map[domain.PriceKey]money.Price{},
		AsOf: asOf,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version || len(c.items) > maxCached || len(c.accounts) > maxCached || len(c.prices) > maxCached {
		c.version = version
		c.items, c.accounts, c.prices = map[string]*domain.Item{}, map[string]*domain.Account{}, map[domain.PriceKey]money.Price{}
	}
	if err := c.findAccounts(ctx, q, asks, catalog); err != nil {
		return nil, err
	}
	if err := c.findItems(ctx, q, asks, catalog); err != nil {
		return nil, err
	}
	return catalog, c.findPrices(ctx, q, asks, catalog)
}

func (c *Catalogs) findAccounts(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	var missing []string
	for i := range asks {
		id := asks[i].AccountID
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
			Priority: int32(row.Priority), Version: row.Version, OverShipBasisPoints: int32(row.OverShipBp),
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
	for i := range asks {
		for j := range asks[i].Lines {
			key := domain.SKUKey(asks[i].Lines[j].SKU)
			if known, ok := c.items[key]; ok {
				into.Items[key] = known
			} else {
				missing = append(missing, key)
			}
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
		if err := json.Unmarshal(row.Substitutes, &item.Substitutes); err != nil {
			return fmt.Errorf("substitutes of item %s: %w", row.Sku, err)
		}
		c.items[row.SkuKey], into.Items[row.SkuKey] = item, item
	}
	return nil
}

func (c *Catalogs) findPrices(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	missing := map[domain.PriceKey]bool{}
	for i := range asks {
		account := into.Accounts[asks[i].AccountID]
		if account == nil {
			continue
		}
		for j := range asks[i].Lines {
			for _, list := range account.Lists() {
				key := domain.PriceKey{List: list, Currency: asks[i].Currency, SKUKey: domain.SKUKey(asks[i].Lines[j].SKU)}
				switch price, ok := c.prices[key]; {
				case !ok:
					missing[key] = true
				case price != noPrice:
					into.Prices[key] = price
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := readPrices(ctx, q, missing)
	if err != nil {
		return err
	}
	for key := range missing {
		price, ok := found[key]
		if !ok {
			c.prices[key] = noPrice
			continue
		}
		c.prices[key], into.Prices[key] = price, price
	}
	return nil
}

func readPrices(ctx context.Context, q *Queries, wanted map[domain.PriceKey]bool) (map[domain.PriceKey]money.Price, error) {
	lists, currencies, skus := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key := range wanted {
		lists[key.List], currencies[key.Currency], skus[key.SKUKey] = true, true, true
	}
	rows, err := q.FindPrices(ctx, FindPricesParams{PriceLists: keys(lists), CurrencyCodes: keys(currencies), SkuKeys: keys(skus)})
	if err != nil {
		return nil, fmt.Errorf("find prices: %w", err)
	}
	found := make(map[domain.PriceKey]money.Price, len(rows))
	for _, row := range rows {
		key := domain.PriceKey{List: row.PriceList, Currency: row.CurrencyCode, SKUKey: row.SkuKey}
		found[key] = money.Price(row.UnitPriceMicros)
	}
	return found, nil
}

func keys(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for key := range set {
		list = append(list, key)
	}
	return list
}
