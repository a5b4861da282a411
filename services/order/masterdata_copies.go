package order

import (
	"context"
	"encoding/json"
	"fmt"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// minimumPlaces are the decimal places in which the smallest quantity of a price is stored.
const minimumPlaces = 6

func saveItems(ctx context.Context, q *store.Queries, items map[string]*masterdatav1.Item) error {
	if len(items) == 0 {
		return nil
	}
	var p store.UpsertItemsParams
	for key, item := range items {
		units := make([]domain.Unit, 0, len(item.GetUnits()))
		for _, unit := range item.GetUnits() {
			units = append(units, domain.Unit{
				Unit: unit.GetUnit(), Numerator: unit.GetNumerator(), Denominator: unit.GetDenominator(), From: unit.GetEffectiveFrom(),
			})
		}
		encoded, err := json.Marshal(units)
		if err != nil {
			return err
		}
		p.SkuKeys, p.Skus, p.Descriptions = append(p.SkuKeys, key), append(p.Skus, item.GetSku()), append(p.Descriptions, item.GetDescription())
		p.Services = append(p.Services, item.GetKind() == masterdatav1.ItemKind_ITEM_KIND_SERVICE)
		p.BaseUnits, p.Scales = append(p.BaseUnits, item.GetBaseUnit()), append(p.Scales, int64(item.GetScale()))
		p.Units, p.TaxClasses = append(p.Units, string(encoded)), append(p.TaxClasses, item.GetTaxClass())
		p.Inactives, p.Versions = append(p.Inactives, item.GetInactive()), append(p.Versions, item.GetVersion())
	}
	if err := q.UpsertItems(ctx, p); err != nil {
		return err
	}
	return saveItemCodes(ctx, q, items)
}

// saveItemCodes keeps the codes of items whose newest version was saved just now.
func saveItemCodes(ctx context.Context, q *store.Queries, items map[string]*masterdatav1.Item) error {
	var p store.UpsertItemCodesParams
	changed := make([]string, 0, len(items))
	for key, item := range items {
		changed = append(changed, key)
		told := make(map[domain.CodeKey]bool, len(item.GetCodes()))
		for _, one := range item.GetCodes() {
			code := codeKey(one.GetType(), one.GetPartnerId(), one.GetCode())
			if told[code] {
				continue // a statement may touch a row once
			}
			told[code] = true
			p.CodeTypes, p.PartnerIds, p.Codes = append(p.CodeTypes, code.Type), append(p.PartnerIds, code.Partner), append(p.Codes, code.Code)
			p.SkuKeys, p.Units, p.Versions = append(p.SkuKeys, key), append(p.Units, one.GetUnit()), append(p.Versions, item.GetVersion())
		}
	}
	if len(p.Codes) > 0 {
		if err := q.UpsertItemCodes(ctx, p); err != nil {
			return err
		}
	}
	return q.DropOldItemCodes(ctx, changed)
}

// codeKey names an item's code; a GTIN is everybody's.
func codeKey(kind masterdatav1.ItemCodeType, partner, code string) domain.CodeKey {
	if kind == masterdatav1.ItemCodeType_ITEM_CODE_TYPE_GTIN {
		partner = ""
	}
	return domain.CodeKey{Type: enumName(kind.String(), "ITEM_CODE_TYPE_"), Partner: partner, Code: code}
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
		places, err := json.Marshal(shipTosFromProto(account.GetShipTos()))
		if err != nil {
			return err
		}
		difference := "REFUSE"
		if account.GetPriceDifference() == masterdatav1.PriceDifference_PRICE_DIFFERENCE_HOLD {
			difference = "HOLD"
		}
		p.AccountIds, p.LegalEntities = append(p.AccountIds, id), append(p.LegalEntities, account.GetLegalEntity())
		p.CurrencyCodes, p.PaymentDays = append(p.CurrencyCodes, account.GetCurrencyCode()), append(p.PaymentDays, int64(account.GetPaymentDays()))
		p.Jurisdictions, p.PriceLists = append(p.Jurisdictions, account.GetTaxJurisdiction()), append(p.PriceLists, string(encoded))
		p.Inactives, p.Roundings = append(p.Inactives, account.GetInactive()), append(p.Roundings, account.GetRounding())
		p.Priorities, p.Versions = append(p.Priorities, int64(account.GetPriority())), append(p.Versions, account.GetVersion())
		p.BillTos, p.ShipTos = append(p.BillTos, account.GetBillToAccountId()), append(p.ShipTos, string(places))
		p.PriceDifferences = append(p.PriceDifferences, difference)
		p.PriceTolerances = append(p.PriceTolerances, int64(account.GetPriceToleranceBp()))
	}
	return q.UpsertAccounts(ctx, p)
}

func shipTosFromProto(from []*masterdatav1.ShipTo) []domain.ShipTo {
	places := make([]domain.ShipTo, len(from))
	for i, one := range from {
		at := one.GetAddress()
		places[i] = domain.ShipTo{
			Code: one.GetCode(), TaxJurisdiction: one.GetTaxJurisdiction(), Inactive: one.GetInactive(),
			Address: domain.Address{
				Name: at.GetName(), Lines: at.GetLines(), City: at.GetCity(), Region: at.GetRegion(),
				PostalCode: at.GetPostalCode(), CountryCode: at.GetCountryCode(),
			},
		}
	}
	return places
}

func addressToProto(from *domain.Address) *commonv1.Address {
	return &commonv1.Address{
		Name: from.Name, Lines: from.Lines, City: from.City, Region: from.Region, PostalCode: from.PostalCode,
		CountryCode: from.CountryCode,
	}
}

func nameOf(price *masterdatav1.Price) (priceName, error) {
	name := priceName{
		list: price.GetPriceList(), currency: price.GetCurrencyCode(), sku: domain.SKUKey(price.GetSku()), from: price.GetValidFrom(),
	}
	minimum, err := minimumOf(price)
	name.minimum = decimal.Format(minimum, minimumPlaces)
	return name, err
}

func minimumOf(price *masterdatav1.Price) (int64, error) {
	if price.GetMinQuantity() == "" {
		return 0, nil
	}
	minimum, err := decimal.Parse(price.GetMinQuantity(), minimumPlaces)
	if err != nil {
		return 0, fmt.Errorf("min_quantity of a price of %s: %w", price.GetSku(), err)
	}
	return minimum, nil
}

func savePrices(ctx context.Context, q *store.Queries, prices map[priceName]*masterdatav1.Price) error {
	if len(prices) == 0 {
		return nil
	}
	var p store.UpsertPricesParams
	for name, price := range prices {
		amount, err := money.ParsePrice(price.GetUnitPrice())
		if err != nil {
			return err
		}
		minimum, err := minimumOf(price)
		if err != nil {
			return err
		}
		p.PriceLists, p.CurrencyCodes, p.SkuKeys = append(p.PriceLists, name.list), append(p.CurrencyCodes, name.currency), append(p.SkuKeys, name.sku)
		p.MinQuantities, p.ValidFroms = append(p.MinQuantities, minimum), append(p.ValidFroms, name.from)
		p.ValidUntils, p.PriceUnits = append(p.ValidUntils, price.GetValidUntil()), append(p.PriceUnits, price.GetPriceUnit())
		p.UnitPrices, p.Withdrawns = append(p.UnitPrices, int64(amount)), append(p.Withdrawns, price.GetWithdrawn())
		p.Versions = append(p.Versions, price.GetVersion())
	}
	return q.UpsertPrices(ctx, p)
}

func saveLegalEntities(ctx context.Context, q *store.Queries, entities map[string]*masterdatav1.LegalEntity) error {
	if len(entities) == 0 {
		return nil
	}
	var p store.UpsertLegalEntitiesParams
	for id, entity := range entities {
		mode := "PER_LINE"
		if entity.GetTaxMode() == commonv1.TaxMode_TAX_MODE_PER_DOCUMENT {
			mode = "PER_DOCUMENT"
		}
		p.LegalEntityIds, p.Roundings = append(p.LegalEntityIds, id), append(p.Roundings, entity.GetRounding())
		p.TaxModes, p.Jurisdictions = append(p.TaxModes, mode), append(p.Jurisdictions, entity.GetTaxJurisdiction())
		p.Versions = append(p.Versions, entity.GetVersion())
	}
	return q.UpsertLegalEntities(ctx, p)
}
