package domain_test

import (
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

func field(path, reason string) fault.Field { return fault.Field{Path: path, Reason: reason} }

// What may pass waits for the change that may mend it, by the name that the change has; what cannot pass waits for nothing.
func TestWhatIsAwaitedIsWhatSettles(t *testing.T) {
	code := domain.Code{Type: domain.Buyer, Code: "77-1", PartnerID: "ACME"}
	item := domain.Item{SKU: "Bolt", Substitutes: []string{"Nut", "Screw"}, Codes: []domain.Code{{}, code}}
	holder := domain.Item{SKU: "Other", Codes: []domain.Code{{Type: domain.Buyer, Code: "77-1 ", PartnerID: "ACME"}, code}}
	bare := domain.Item{SKU: "OTHER"}
	account := domain.Account{AccountID: "A", BillTo: "B"}
	price := domain.Price{PriceList: "BASE", CurrencyCode: "GBP", SKU: "BOLT"}
	for name, one := range map[string]struct {
		entity interface {
			Awaits([]fault.Field) (string, bool)
		}
		fields  []fault.Field
		settles []string // empty: nothing is waited for
		may     bool
	}{
		"a substitute":             {item, []fault.Field{field("substitute_skus[1]", "UNKNOWN_ITEM")}, domain.Item{SKU: "screw"}.Settles(nil), true},
		"a code":                   {item, []fault.Field{field("codes[1].code", "CODE_TAKEN")}, bare.Settles(&holder), true},
		"a unit":                   {item, []fault.Field{field("units", "UNIT_IN_USE")}, price.Settles(nil), true},
		"two things":               {item, []fault.Field{field("substitute_skus[0]", "UNKNOWN_ITEM"), field("units", "UNIT_IN_USE")}, domain.Item{SKU: "NUT"}.Settles(&domain.Item{}), true},
		"a frozen field":           {item, []fault.Field{field("scale", "FROZEN_FIELD")}, nil, false},
		"one that may, one not":    {item, []fault.Field{field("units", "UNIT_IN_USE"), field("scale", "FROZEN_FIELD")}, nil, false},
		"another kind of goods":    {item, []fault.Field{field("substitute_skus[0]", "SUBSTITUTE_DIFFERS")}, nil, false},
		"a path that is not there": {item, []fault.Field{field("substitute_skus[7]", "UNKNOWN_ITEM")}, nil, false},
		"nothing":                  {item, nil, nil, false},
		"a payer":                  {account, []fault.Field{field("bill_to_account_id", "UNKNOWN_ACCOUNT")}, domain.Account{AccountID: "B"}.Settles(nil), true},
		"a payer's payer":          {account, []fault.Field{field("bill_to_account_id", "BILL_TO_CHAINED")}, domain.Account{AccountID: "B"}.Settles(&account), true},
		"another currency":         {account, []fault.Field{field("bill_to_account_id", "BILL_TO_DIFFERS")}, nil, false},
		"a price's item":           {price, []fault.Field{field("sku", "UNKNOWN_ITEM")}, domain.Item{SKU: "bolt"}.Settles(nil), true},
		"a price's unit":           {price, []fault.Field{field("price_unit", "UOM_UNKNOWN")}, domain.Item{SKU: "bolt"}.Settles(nil), true},
		"a price's quantity":       {price, []fault.Field{field("min_quantity", "UOM_NOT_DIVISIBLE")}, nil, false},
	} {
		what, may := one.entity.Awaits(one.fields)
		if may != one.may || (what == "") != (len(one.settles) == 0) || what != "" && !slices.Contains(one.settles, what) {
			t.Errorf("%s: waits for %q (%t), and %q would come", name, what, may, one.settles)
		}
	}
	if settled := holder.Settles(&holder); len(settled) != 1 {
		t.Errorf("a code that stays is not given up: %q", settled)
	}
}
