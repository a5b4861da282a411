package store

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

func (c *Catalogs) findPrices(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	missing := map[domain.PriceKey]bool{}
	for i := range asks {
		account := into.Accounts[asks[i].AccountID]
		if account == nil {
			continue
		}
		lists := account.Lists()
		for j := range asks[i].Lines {
			for _, sku := range skusOf(&asks[i].Lines[j], into) {
				for _, list := range lists {
					key := domain.PriceKey{List: list, Currency: asks[i].Currency, SKUKey: sku}
					switch prices, ok := c.prices[key]; {
					case !ok:
						missing[key] = true
					case prices != nil:
						into.Prices[key] = prices
					}
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
		c.prices[key] = found[key]
		if prices := found[key]; prices != nil {
			into.Prices[key] = prices
		}
	}
	return nil
}

// skusOf are the keys of the items that a line may mean: one, unless a code has several.
func skusOf(line *domain.AskLine, catalog *domain.Catalog) []string {
	if line.Code.Code == "" {
		return []string{domain.SKUKey(line.SKU)}
	}
	coded := catalog.Codes[line.Code]
	skus := make([]string, len(coded))
	for i := range coded {
		skus[i] = coded[i].SKUKey
	}
	return skus
}

func readPrices(ctx context.Context, q *Queries, wanted map[domain.PriceKey]bool) (map[domain.PriceKey][]domain.ListPrice, error) {
	lists, currencies, skus := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key := range wanted {
		lists[key.List], currencies[key.Currency], skus[key.SKUKey] = true, true, true
	}
	rows, err := q.FindPrices(ctx, FindPricesParams{PriceLists: keys(lists), CurrencyCodes: keys(currencies), SkuKeys: keys(skus)})
	if err != nil {
		return nil, fmt.Errorf("find prices: %w", err)
	}
	found := make(map[domain.PriceKey][]domain.ListPrice, len(rows))
	for _, row := range rows {
		if row.Withdrawn {
			continue
		}
		key := domain.PriceKey{List: row.PriceList, Currency: row.CurrencyCode, SKUKey: row.SkuKey}
		found[key] = append(found[key], domain.ListPrice{
			UnitPrice: money.Price(row.UnitPriceMicros), Unit: row.PriceUnit, From: row.ValidFrom, Until: row.ValidUntil,
			MinQuantity: row.MinQuantity,
		})
	}
	return found, nil
}

// findCodes finds the items that the lines name by codes.
func (c *Catalogs) findCodes(ctx context.Context, q *Queries, asks []domain.Ask, into *domain.Catalog) error {
	missing := map[domain.CodeKey]bool{}
	for i := range asks {
		for j := range asks[i].Lines {
			key := asks[i].Lines[j].Code
			if key.Code == "" {
				continue
			}
			if known, ok := c.codes[key]; ok {
				into.Codes[key] = known
			} else {
				missing[key] = true
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	types, partners, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key := range missing {
		types[key.Type], partners[key.Partner], codes[key.Code] = true, true, true
	}
	rows, err := q.FindItemCodes(ctx, FindItemCodesParams{CodeTypes: keys(types), PartnerIds: keys(partners), Codes: keys(codes)})
	if err != nil {
		return fmt.Errorf("find item codes: %w", err)
	}
	found := map[domain.CodeKey][]domain.CodedItem{}
	for _, row := range rows {
		key := domain.CodeKey{Type: row.CodeType, Partner: row.PartnerID, Code: row.Code}
		found[key] = append(found[key], domain.CodedItem{SKUKey: row.SkuKey, Unit: row.Unit})
	}
	for key := range missing {
		c.codes[key], into.Codes[key] = found[key], found[key]
	}
	return nil
}

// findEntities finds the companies that sell to the accounts.
func (c *Catalogs) findEntities(ctx context.Context, q *Queries, into *domain.Catalog) error {
	missing := map[string]bool{}
	for _, account := range into.Accounts {
		switch known, ok := c.entities[account.LegalEntity]; {
		case !ok:
			missing[account.LegalEntity] = true
		case known != nil:
			into.Entities[account.LegalEntity] = known
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := q.FindLegalEntities(ctx, keys(missing))
	if err != nil {
		return fmt.Errorf("find legal entities: %w", err)
	}
	for id := range missing {
		c.entities[id] = nil
	}
	for _, row := range rows {
		entity := &domain.LegalEntity{
			Rounding: money.Rounding(row.Rounding), PerDocument: row.TaxMode == "PER_DOCUMENT", TaxJurisdiction: row.TaxJurisdiction,
		}
		c.entities[row.LegalEntityID], into.Entities[row.LegalEntityID] = entity, entity
	}
	return nil
}
