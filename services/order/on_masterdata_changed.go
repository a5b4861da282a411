package order

import (
	"context"
	"encoding/json"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// onMasterDataChanged keeps the copies of items, accounts and prices. An older version never replaces a newer one.
func (s *Service) onMasterDataChanged(ctx context.Context, tx database.Transaction, messages []inbox.Message) error {
	items, accounts, prices := map[string]*masterdatav1.Item{}, map[string]*masterdatav1.Account{}, map[string]*masterdatav1.Price{}
	var asOf time.Time
	for _, message := range messages {
		if message.OccurredAt.After(asOf) {
			asOf = message.OccurredAt
		}
		switch event := message.Payload.(type) {
		case *masterdatav1.ItemChanged:
			newest(items, domain.SKUKey(event.GetItem().GetSku()), event.GetItem())
		case *masterdatav1.AccountChanged:
			newest(accounts, event.GetAccount().GetAccountId(), event.GetAccount())
		case *masterdatav1.PriceChanged:
			newest(prices, event.GetPriceKey(), event.GetPrice())
		}
	}
	if len(items)+len(accounts)+len(prices) == 0 {
		return nil
	}
	q := store.New(tx)
	if err := saveItems(ctx, q, items); err != nil {
		return err
	}
	if err := saveAccounts(ctx, q, accounts); err != nil {
		return err
	}
	if err := savePrices(ctx, q, prices); err != nil {
		return err
	}
	return store.CatalogKnownUntil(ctx, tx, asOf)
}

// newest keeps the newest version of each entity of a set: a statement may touch a row once.
func newest[T interface{ GetVersion() int64 }](into map[string]T, key string, entity T) {
	if known, ok := into[key]; !ok || known.GetVersion() < entity.GetVersion() {
		into[key] = entity
	}
}

func saveItems(ctx context.Context, q *store.Queries, items map[string]*masterdatav1.Item) error {
	if len(items) == 0 {
		return nil
	}
	var p store.UpsertItemsParams
	for key, item := range items {
		units := make([]domain.Unit, 0, len(item.GetUnits()))
		for _, unit := range item.GetUnits() {
			units = append(units, domain.Unit{Unit: unit.GetUnit(), Numerator: unit.GetNumerator(), Denominator: unit.GetDenominator()})
		}
		encoded, err := json.Marshal(units)
		if err != nil {
			return err
		}
		substitutes, err := json.Marshal(append([]string{}, item.GetSubstituteSkus()...))
		if err != nil {
			return err
		}
		p.Substitutes = append(p.Substitutes, string(substitutes))
		p.SkuKeys, p.Skus, p.Descriptions = append(p.SkuKeys, key), append(p.Skus, item.GetSku()), append(p.Descriptions, item.GetDescription())
		p.Services = append(p.Services, item.GetKind() == masterdatav1.ItemKind_ITEM_KIND_SERVICE)
		p.BaseUnits, p.Scales = append(p.BaseUnits, item.GetBaseUnit()), append(p.Scales, int64(item.GetScale()))
		p.Units, p.TaxClasses = append(p.Units, string(encoded)), append(p.TaxClasses, item.GetTaxClass())
		p.Inactives, p.Versions = append(p.Inactives, item.GetInactive()), append(p.Versions, item.GetVersion())
	}
	return q.UpsertItems(ctx, p)
}

func saveAccounts(ctx context.Context, q *store.Queries, accounts map[string]*masterdatav1.Account) error {
	if len(accounts) == 0 {
		return nil
	}
	var p store.UpsertAccountsParams
	for id, account := range accounts {
		lists := account.GetPriceLists()
		if lists == nil {
			lists = []string{}
		}
		encoded, err := json.Marshal(lists)
		if err != nil {
			return err
		}
		rounding := account.GetRounding()
		if rounding == "" {
			rounding = string(money.HalfUp)
		}
		p.AccountIds, p.LegalEntities = append(p.AccountIds, id), append(p.LegalEntities, account.GetLegalEntity())
		p.CurrencyCodes, p.PaymentDays = append(p.CurrencyCodes, account.GetCurrencyCode()), append(p.PaymentDays, int64(account.GetPaymentDays()))
		p.Jurisdictions, p.PriceLists = append(p.Jurisdictions, account.GetTaxJurisdiction()), append(p.PriceLists, string(encoded))
		p.Inactives, p.Roundings = append(p.Inactives, account.GetInactive()), append(p.Roundings, rounding)
		p.OverShipBps = append(p.OverShipBps, int64(account.GetOverShipToleranceBp()))
		p.Priorities, p.Versions = append(p.Priorities, int64(account.GetPriority())), append(p.Versions, account.GetVersion())
	}
	return q.UpsertAccounts(ctx, p)
}

func savePrices(ctx context.Context, q *store.Queries, prices map[string]*masterdatav1.Price) error {
	if len(prices) == 0 {
		return nil
	}
	var p store.UpsertPricesParams
	for _, price := range prices {
		amount, err := money.ParsePrice(price.GetUnitPrice())
		if err != nil {
			return err
		}
		p.PriceLists, p.CurrencyCodes = append(p.PriceLists, price.GetPriceList()), append(p.CurrencyCodes, price.GetCurrencyCode())
		p.SkuKeys, p.UnitPrices = append(p.SkuKeys, domain.SKUKey(price.GetSku())), append(p.UnitPrices, int64(amount))
		p.Versions = append(p.Versions, price.GetVersion())
	}
	return q.UpsertPrices(ctx, p)
}
