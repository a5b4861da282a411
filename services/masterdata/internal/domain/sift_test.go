package domain_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

func plainItem(sku string, substitutes ...string) domain.Item {
	return domain.Item{SKU: sku, Kind: domain.Goods, BaseUnit: "EA", Substitutes: substitutes}
}

func referItems(known map[string]domain.Item) func([]domain.Item) ([]domain.Item, []fault.Field) {
	return func(set []domain.Item) ([]domain.Item, []fault.Field) { return domain.ReferItems(set, known, nil, nil) }
}

// What is at fault is left out, and what is at fault because of that; the rest is planned as if it had come alone.
func TestSiftLeavesOutWhatIsAtFault(t *testing.T) {
	stored := map[string]domain.Item{"old": {SKU: "OLD", Kind: domain.Goods, BaseUnit: "EA", Version: domain.Version{Number: 4}}}
	wrong := plainItem("WRONG", "WRONG")
	wrong.LotTracked, wrong.Kind = true, domain.Service
	frozen := plainItem("old")
	frozen.Scale = 3
	set := []domain.Item{
		plainItem("A", "B"), plainItem("B", "C"), plainItem("C", "GONE"), plainItem("GOOD", "OLD"), wrong, frozen, plainItem("D", "GOOD"),
	}
	plan, refused, err := domain.Sift(stored, set, referItems(stored), now)
	if err != nil {
		t.Fatal(err)
	}
	var taken []string
	for _, item := range plan.Changed {
		taken = append(taken, item.SKU)
	}
	if diff := cmp.Diff([]string{"GOOD", "D"}, taken); diff != "" {
		t.Error(diff)
	}
	got := map[string][]string{}
	for key, fields := range refused {
		got[key] = complaints(fields)
	}
	want := map[string][]string{
		"a": {"substitute_skus[0] UNKNOWN_ITEM"}, "b": {"substitute_skus[0] UNKNOWN_ITEM"}, "c": {"substitute_skus[0] UNKNOWN_ITEM"},
		"wrong": {"substitute_skus[0] DUPLICATE_SUBSTITUTE", "lot_tracked LOTS_NEED_GOODS"}, "old": {"scale FROZEN_FIELD"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Of two that want the same code the first has it, unless it is not taken itself.
func TestSiftLetsTheOtherHaveTheCode(t *testing.T) {
	code := []domain.Code{{Type: domain.Buyer, Code: "77", PartnerID: "ACME"}}
	first, second, third := plainItem("A", "GONE"), plainItem("B"), plainItem("C")
	first.Codes, second.Codes, third.Codes = code, code, code
	plan, refused, err := domain.Sift(map[string]domain.Item{}, []domain.Item{first, second, third}, referItems(nil), now)
	if err != nil || len(plan.Changed) != 1 || plan.Changed[0].SKU != "B" {
		t.Errorf("taken %v, %v", plan.Changed, err)
	}
	if got := complaints(refused["c"]); !slices.Equal(got, []string{"codes[0].code CODE_TAKEN"}) {
		t.Errorf("C: %v", got)
	}
}

// A payer that is left out goes on paying for others as it is stored.
func TestSiftCountsPayersThatAreLeftOut(t *testing.T) {
	stored := map[string]domain.Account{
		"A": {AccountID: "A", LegalEntity: "M", CurrencyCode: "GBP"},
		"B": {AccountID: "B", LegalEntity: "M", CurrencyCode: "GBP", BillTo: "A"},
	}
	alone := stored["B"]
	alone.BillTo, alone.CurrencyCode = "", "EUR" // it may not change its currency, so it stays as it is, billed to A
	billed := stored["A"]
	billed.BillTo = "C"
	set := []domain.Account{alone, billed, {AccountID: "C", LegalEntity: "M", CurrencyCode: "GBP", EstimatedTaxRate: "0"}}
	for i := range set {
		set[i].EstimatedTaxRate = "0"
	}
	refer := func(part []domain.Account) ([]domain.Account, []fault.Field) {
		return part, domain.ReferAccounts(part, stored, domain.PayersBeside(part, stored, map[string]bool{}))
	}
	plan, refused, err := domain.Sift(stored, set, refer, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changed) != 1 || plan.Changed[0].AccountID != "C" {
		t.Errorf("changed %v", plan.Changed)
	}
	if got := complaints(refused["A"]); !slices.Equal(got, []string{"bill_to_account_id BILL_TO_CHAINED"}) {
		t.Errorf("A: %v", got)
	}
}

// Whatever a set holds: what is taken is sound by itself, nothing is lost, and nothing that could be taken with it is left out alone.
func TestSiftTakesAsMuchAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"A", "B", "C", "D", "E", "F"}
		var set []domain.Item
		for _, name := range names {
			if rapid.Bool().Draw(t, name) {
				item := plainItem(name, rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID[string]).Draw(t, "substitutes of "+name)...)
				item.LotTracked = rapid.IntRange(0, 4).Draw(t, "wrong "+name) == 0
				if item.LotTracked {
					item.Kind = domain.Service
				}
				set = append(set, item)
			}
		}
		plan, refused, err := domain.Sift(map[string]domain.Item{}, set, referItems(nil), now)
		if err != nil || len(plan.Result)+len(refused) != len(set) {
			t.Fatalf("%d taken, %d refused of %d: %v", len(plan.Result), len(refused), len(set), err)
		}
		for key, fields := range refused {
			if len(fields) == 0 {
				t.Errorf("%s is refused for nothing", key)
			}
		}
		kept := slices.DeleteFunc(slices.Clone(set), func(item domain.Item) bool { return refused[item.Key()] != nil })
		for _, extra := range append([]domain.Item{{}}, set...) {
			with := kept
			if extra.SKU != "" {
				if refused[extra.Key()] == nil {
					continue
				}
				with = append(slices.Clone(kept), extra)
			}
			referred, wrong := domain.ReferItems(with, nil, nil, nil)
			_, err := domain.Decide(map[string]domain.Item{}, referred, "items", wrong, now)
			if (err == nil) != (extra.SKU == "") {
				t.Errorf("taken with %q: %v", extra.SKU, err)
			}
		}
	})
}
