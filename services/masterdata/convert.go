package masterdata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// Defaults of fields that may be left out.
const (
	defaultLegalEntity = "MAIN"
	defaultTaxClass    = "standard"
	defaultTaxRate     = "0"
)

func convertAll[From, To any](list []From, convert func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, one := range list {
		converted = append(converted, convert(one))
	}
	return converted
}

// wrongFields becomes the error of a set when it names at least one field.
func wrongFields(fields []fault.Field) error {
	if len(fields) == 0 {
		return nil
	}
	refusal := fault.New(fault.Invalid, fields[0].Reason, "%d fields are wrong; nothing was stored", len(fields))
	refusal.Fields = fields
	return refusal
}

func itemsFromProto(items []*masterdatav1.Item) ([]domain.Item, error) {
	converted := make([]domain.Item, 0, len(items))
	var wrong []fault.Field
	for i, item := range items {
		units, unitsWrong := unitsFromProto(item, fmt.Sprintf("items[%d]", i))
		wrong = append(wrong, unitsWrong...)
		kind := domain.Goods
		if item.GetKind() == masterdatav1.ItemKind_ITEM_KIND_SERVICE {
			kind = domain.Service
		}
		converted = append(converted, domain.Item{
			SKU: item.GetSku(), Description: item.GetDescription(), Kind: kind, BaseUnit: item.GetBaseUnit(),
			Scale: int64(item.GetScale()), Units: units, TaxClass: cmp.Or(item.GetTaxClass(), defaultTaxClass),
			Inactive: item.GetInactive(), Version: domain.Version{Number: item.GetVersion()},
		})
	}
	return converted, wrongFields(wrong)
}

func unitsFromProto(item *masterdatav1.Item, path string) ([]domain.Unit, []fault.Field) {
	units := make([]domain.Unit, 0, len(item.GetUnits()))
	seen := map[string]bool{item.GetBaseUnit(): true}
	var wrong []fault.Field
	for i, unit := range item.GetUnits() {
		if seen[unit.GetUnit()] {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("%s.units[%d].unit", path, i), Reason: "DUPLICATE_UNIT",
				Message: "stands twice, or is the base unit"})
		}
		seen[unit.GetUnit()] = true
		units = append(units, domain.Unit{Unit: unit.GetUnit(), Numerator: unit.GetNumerator(), Denominator: unit.GetDenominator()})
	}
	slices.SortFunc(units, func(a, b domain.Unit) int { return cmp.Compare(a.Unit, b.Unit) })
	return units, wrong
}

func itemToProto(item domain.Item) *masterdatav1.Item {
	kind := masterdatav1.ItemKind_ITEM_KIND_GOODS
	if item.Kind == domain.Service {
		kind = masterdatav1.ItemKind_ITEM_KIND_SERVICE
	}
	units := make([]*masterdatav1.ItemUnit, 0, len(item.Units))
	for _, unit := range item.Units {
		units = append(units, &masterdatav1.ItemUnit{Unit: unit.Unit, Numerator: unit.Numerator, Denominator: unit.Denominator})
	}
	return &masterdatav1.Item{
		Sku: item.SKU, Description: item.Description, Kind: kind, BaseUnit: item.BaseUnit, Scale: int32(item.Scale),
		Units: units, TaxClass: item.TaxClass, Inactive: item.Inactive, Version: item.Version.Number,
		UpdatedAt: timestamppb.New(item.Version.UpdatedAt),
	}
}

func accountsFromProto(accounts []*masterdatav1.Account) ([]domain.Account, error) {
	converted := make([]domain.Account, 0, len(accounts))
	var wrong []fault.Field
	for i, account := range accounts {
		if _, err := money.Places(account.GetCurrencyCode()); err != nil {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("accounts[%d].currency_code", i), Reason: "CURRENCY_UNKNOWN",
				Message: "no ISO 4217 currency in use"})
		}
		rate := cmp.Or(account.GetEstimatedTaxRate(), defaultTaxRate)
		if _, err := money.ParseRate(rate); err != nil {
			// Whoever keeps a copy would fail on it, and on every later change of the account.
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("accounts[%d].estimated_tax_rate", i), Reason: "RATE_INVALID",
				Message: "a decimal fraction with at most six places is expected, such as 0.2"})
		}
		converted = append(converted, domain.Account{
			AccountID: account.GetAccountId(), Name: account.GetName(),
			LegalEntity:  cmp.Or(account.GetLegalEntity(), defaultLegalEntity),
			CurrencyCode: account.GetCurrencyCode(), CreditLimitMinor: account.GetCreditLimitMinor(),
			UnlimitedCredit: account.GetUnlimitedCredit(), CreditStop: account.GetCreditStop(),
			PaymentDays: int64(account.GetPaymentDays()), TaxJurisdiction: account.GetTaxJurisdiction(),
			EstimatedTaxRate: rate, PriceLists: account.GetPriceLists(), Inactive: account.GetInactive(),
			Rounding: cmp.Or(account.GetRounding(), string(money.HalfUp)), Priority: int64(account.GetPriority()),
			Version: domain.Version{Number: account.GetVersion()},
		})
	}
	return converted, wrongFields(wrong)
}

func accountToProto(account domain.Account) *masterdatav1.Account {
	return &masterdatav1.Account{
		AccountId: account.AccountID, Name: account.Name, LegalEntity: account.LegalEntity,
		CurrencyCode: account.CurrencyCode, CreditLimitMinor: account.CreditLimitMinor,
		UnlimitedCredit: account.UnlimitedCredit, CreditStop: account.CreditStop,
		PaymentDays: int32(account.PaymentDays), TaxJurisdiction: account.TaxJurisdiction,
		EstimatedTaxRate: account.EstimatedTaxRate, PriceLists: account.PriceLists, Inactive: account.Inactive,
		Rounding: account.Rounding, Priority: int32(account.Priority), Version: account.Version.Number,
		UpdatedAt: timestamppb.New(account.Version.UpdatedAt),
	}
}

func nodeFromProto(node *masterdatav1.Node) domain.Node {
	return domain.Node{
		NodeID: node.GetNodeId(), Name: node.GetName(), Priority: int64(node.GetPriority()), Inactive: node.GetInactive(),
		Version: domain.Version{Number: node.GetVersion()},
	}
}

func nodeToProto(node domain.Node) *masterdatav1.Node {
	return &masterdatav1.Node{
		NodeId: node.NodeID, Name: node.Name, Priority: int32(node.Priority), Inactive: node.Inactive,
		Version: node.Version.Number, UpdatedAt: timestamppb.New(node.Version.UpdatedAt),
	}
}

func pricesFromProto(prices []*masterdatav1.Price) ([]domain.Price, error) {
	converted := make([]domain.Price, 0, len(prices))
	var wrong []fault.Field
	for i, price := range prices {
		amount, err := money.ParsePrice(price.GetUnitPrice())
		if err != nil {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("prices[%d].unit_price", i), Reason: "PRICE_INVALID",
				Message: "a decimal with at most six places is expected"})
		}
		if strings.Contains(price.GetPriceList(), domain.KeySeparator) {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("prices[%d].price_list", i), Reason: "PRICE_LIST_INVALID",
				Message: "a list's code holds no " + domain.KeySeparator})
		}
		converted = append(converted, domain.Price{
			PriceList: price.GetPriceList(), CurrencyCode: price.GetCurrencyCode(), SKU: price.GetSku(),
			UnitPrice: amount.String(), Version: domain.Version{Number: price.GetVersion()},
		})
	}
	return converted, wrongFields(wrong)
}

func priceToProto(price domain.Price) *masterdatav1.Price {
	return &masterdatav1.Price{
		PriceList: price.PriceList, CurrencyCode: price.CurrencyCode, Sku: price.SKU, UnitPrice: price.UnitPrice,
		Version: price.Version.Number, UpdatedAt: timestamppb.New(price.Version.UpdatedAt),
	}
}
