package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

func piece(sku string, change func(*domain.Item)) domain.Item {
	item := domain.Item{
		SKU: sku, Kind: domain.Goods, BaseUnit: "EA", Units: []domain.Unit{{Unit: "CS", Numerator: 12, Denominator: 1}},
	}
	if change != nil {
		change(&item)
	}
	return item
}

func TestWrongItems(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*domain.Item)
		want   []string
	}{
		{"nothing", nil, nil},
		{"a dated conversion", func(i *domain.Item) {
			i.Units = append(i.Units, domain.Unit{Unit: "CS", Numerator: 10, Denominator: 1, EffectiveFrom: "2027-01-01"})
		}, nil},
		{"two conversions of one day", func(i *domain.Item) { i.Units = append(i.Units, i.Units[0]) }, []string{"units[1].unit DUPLICATE_UNIT"}},
		{"the base unit", func(i *domain.Item) { i.Units[0].Unit = "EA" }, []string{"units[0].unit DUPLICATE_UNIT"}},
		{"no day", func(i *domain.Item) { i.Units[0].EffectiveFrom = "2027-02-29" }, []string{"units[0].effective_from DATE_INVALID"}},
		{"GTINs of 8, 12, 13 and 14 digits", func(i *domain.Item) {
			i.Codes = []domain.Code{
				{Type: domain.GTIN, Code: "96385074"}, {Type: domain.GTIN, Code: "036000291452"},
				{Type: domain.GTIN, Code: "4006381333931"}, {Type: domain.GTIN, Code: "10614141000415", Unit: "CS"},
			}
		}, nil},
		{"a wrong check digit", func(i *domain.Item) { i.Codes = []domain.Code{{Type: domain.GTIN, Code: "4006381333930"}} },
			[]string{"codes[0].code GTIN_INVALID"}},
		{"a GTIN of somebody", func(i *domain.Item) {
			i.Codes = []domain.Code{{Type: domain.GTIN, Code: "4006381333931", PartnerID: "P"}}
		}, []string{"codes[0].partner_id PARTNER_UNEXPECTED"}},
		{"a buyer's code of nobody", func(i *domain.Item) { i.Codes = []domain.Code{{Type: domain.Buyer, Code: "x"}} },
			[]string{"codes[0].partner_id PARTNER_REQUIRED"}},
		{"one GTIN with and without zeros", func(i *domain.Item) {
			i.Codes = []domain.Code{{Type: domain.GTIN, Code: "036000291452"}, {Type: domain.GTIN, Code: "0036000291452"}}
		}, []string{"codes[1].code DUPLICATE_CODE"}},
		{"one code of two partners, of two kinds", func(i *domain.Item) {
			i.Codes = []domain.Code{
				{Type: domain.Buyer, Code: "x", PartnerID: "P"}, {Type: domain.Buyer, Code: "x", PartnerID: "Q"},
				{Type: domain.Vendor, Code: "x", PartnerID: "P"},
			}
		}, nil},
		{"a pack that is none", func(i *domain.Item) {
			i.Codes = []domain.Code{{Type: domain.Vendor, Code: "x", PartnerID: "P", Unit: "PL"}}
		}, []string{"codes[0].unit UOM_UNKNOWN"}},
		{"itself in its place", func(i *domain.Item) { i.Substitutes = []string{"b", "A", "B"} },
			[]string{"substitute_skus[1] DUPLICATE_SUBSTITUTE", "substitute_skus[2] DUPLICATE_SUBSTITUTE"}},
		{"lots of a service", func(i *domain.Item) { i.Kind, i.LotTracked = domain.Service, true }, []string{"lot_tracked LOTS_NEED_GOODS"}},
	} {
		if diff := cmp.Diff(test.want, complaints(piece("a", test.change).Wrong())); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
}

func TestAConversionThatHoldsIsFrozen(t *testing.T) {
	dated := func(from string, numerator int64) domain.Item {
		return piece("a", func(i *domain.Item) {
			i.Units = append(i.Units, domain.Unit{Unit: "CS", Numerator: numerator, Denominator: 1, EffectiveFrom: from})
		})
	}
	for _, test := range []struct {
		stored, wanted domain.Item
		want           []string
	}{
		{dated("2026-03-09", 10), dated("2026-03-09", 11), []string{"units[1].numerator FROZEN_FIELD"}},
		{dated("2026-03-10", 10), dated("2026-03-10", 11), nil}, // it began today: a mistake can still be mended
		{dated("2026-03-11", 10), dated("2026-03-11", 11), nil},
		{piece("a", nil), dated("2026-03-10", 11), nil},
		{piece("a", nil), piece("a", func(i *domain.Item) { i.Units[0].Numerator = 6 }), []string{"units[0].numerator FROZEN_FIELD"}},
		{piece("a", nil), piece("a", func(i *domain.Item) { i.Units = nil }), nil},
		{piece("a", nil), piece("a", func(i *domain.Item) { i.Scale, i.LotTracked, i.Kind, i.BaseUnit = 1, true, domain.Service, "M" }),
			[]string{"kind FROZEN_FIELD", "base_unit FROZEN_FIELD", "scale FROZEN_FIELD", "lot_tracked FROZEN_FIELD"}},
	} {
		if diff := cmp.Diff(test.want, complaints(test.wanted.Frozen(test.stored, "2026-03-10"))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReferItems(t *testing.T) {
	gtin := domain.Code{Type: domain.GTIN, Code: "4006381333931"}
	with := func(sku string, codes ...domain.Code) domain.Item {
		return piece(sku, func(i *domain.Item) { i.Codes = codes })
	}
	standsIn := func(skus ...string) domain.Item { return piece("a", func(i *domain.Item) { i.Substitutes = skus }) }
	holder := map[domain.CodeKey]string{gtin.Key(): "other"}
	for _, test := range []struct {
		name    string
		wanted  []domain.Item
		known   map[string]domain.Item
		holders map[domain.CodeKey]string
		want    []string
	}{
		{"a free code", []domain.Item{with("a", gtin)}, nil, nil, nil},
		{"its own code", []domain.Item{with("a", gtin)}, nil, map[domain.CodeKey]string{gtin.Key(): "a"}, nil},
		{"another one's code", []domain.Item{with("a", gtin)}, nil, holder, []string{"items[0].codes[0].code CODE_TAKEN"}},
		{"a code that the set gives up", []domain.Item{with("a", gtin), with("Other")}, nil, holder, nil},
		{"a code twice in the set", []domain.Item{with("a", gtin), with("b", gtin)}, nil, nil, []string{"items[1].codes[0].code CODE_TAKEN"}},
		{"a unit with prices", []domain.Item{piece("Priced", nil)}, nil, nil, nil},
		{"without the unit of its prices", []domain.Item{piece("Priced", func(i *domain.Item) { i.Units = nil })}, nil, nil, []string{"items[0].units UNIT_IN_USE"}},
		{"no such substitute", []domain.Item{standsIn("X")}, nil, nil, []string{"items[0].substitute_skus[0] UNKNOWN_ITEM"}},
		{"a stored substitute", []domain.Item{standsIn("X")}, map[string]domain.Item{"x": piece("x", nil)}, nil, nil},
		{"a substitute of the set", []domain.Item{standsIn("X"), piece("x", nil)}, nil, nil, nil},
		{"a substitute that is counted otherwise", []domain.Item{standsIn("X")},
			map[string]domain.Item{"x": piece("x", func(i *domain.Item) { i.BaseUnit = "M" })}, nil,
			[]string{"items[0].substitute_skus[0] SUBSTITUTE_DIFFERS"}},
	} {
		referred, wrong := domain.ReferItems(test.wanted, test.known, test.holders, map[string][]string{"priced": {"CS"}})
		if diff := cmp.Diff(test.want, complaints(wrong)); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
		if len(test.want) == 0 && len(referred[0].Substitutes) > 0 && referred[0].Substitutes[0] != "x" {
			t.Errorf("%s: a substitute is called %q", test.name, referred[0].Substitutes)
		}
	}
}
