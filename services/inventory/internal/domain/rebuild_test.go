package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

var shelfOfA = domain.StockKey{SKU: "A", Node: "N1"}

func lotOfA(name string, onHand, held, damaged int64) domain.Lot {
	return domain.Lot{StockKey: shelfOfA, Lot: name, OnHand: onHand, QualityHold: held, Damaged: damaged}
}

// What is wrong of a balance, in any of its parts or lots, is set to what the ledger says; what is right is left alone.
func TestRebuildSetsWhatIsWrong(t *testing.T) {
	truth := domain.Truth{
		StockKey: shelfOfA, OnHand: 9, QualityHold: 2, Damaged: 1, Reserved: 4, Picked: 3,
		Lots: []domain.Lot{lotOfA("", 4, 0, 0), lotOfA("L1", 5, 2, 1)},
	}
	right := domain.Balance{StockKey: shelfOfA, OnHand: 9, QualityHold: 2, Damaged: 1, Reserved: 4, Picked: 3, Unverified: 2}
	for name, c := range map[string]struct {
		wrong func(*domain.Balance)
		lots  []domain.Lot
	}{
		"nothing":           {func(*domain.Balance) {}, truth.Lots},
		"an empty lot":      {func(*domain.Balance) {}, append([]domain.Lot{lotOfA("L2", 0, 0, 0)}, truth.Lots...)},
		"on hand":           {func(b *domain.Balance) { b.OnHand++ }, truth.Lots},
		"held":              {func(b *domain.Balance) { b.QualityHold, b.Unverified = 7, 7 }, truth.Lots},
		"damaged":           {func(b *domain.Balance) { b.Damaged++ }, truth.Lots},
		"reserved":          {func(b *domain.Balance) { b.Reserved-- }, truth.Lots},
		"picked":            {func(b *domain.Balance) { b.Picked-- }, truth.Lots},
		"a lot's on hand":   {func(*domain.Balance) {}, []domain.Lot{lotOfA("", 4, 0, 0), lotOfA("L1", 4, 2, 1)}},
		"a lot's held":      {func(*domain.Balance) {}, []domain.Lot{lotOfA("", 4, 0, 0), lotOfA("L1", 5, 1, 1)}},
		"a lot's damaged":   {func(*domain.Balance) {}, []domain.Lot{lotOfA("", 4, 0, 0), lotOfA("L1", 5, 2, 0)}},
		"a lot that is not": {func(*domain.Balance) {}, append([]domain.Lot{lotOfA("L3", 1, 0, 0)}, truth.Lots...)},
		"a lot less":        {func(*domain.Balance) {}, truth.Lots[:1]},
	} {
		stored := right
		c.wrong(&stored)
		shelf := domain.NewShelf([]domain.Node{{ID: "N1"}}, now)
		shelf.PutBalance(stored)
		shelf.TrackLots(shelfOfA, c.lots)
		changed, refusal, err := shelf.Rebuild([]domain.Truth{truth})
		if err != nil || refusal != nil {
			t.Fatalf("%s: %v, %v", name, refusal, err)
		}
		if wants := name != "nothing" && name != "an empty lot"; changed[shelfOfA] != wants {
			t.Errorf("%s: changed %v", name, changed)
		}
		if diff := cmp.Diff(right, shelf.Balance(shelfOfA)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if again, _, _ := shelf.Rebuild([]domain.Truth{truth}); len(again) != 0 {
			t.Errorf("%s: a repeat changes %v", name, again)
		}
	}
}

// A ledger that says what cannot be is refused, with the place of the balance in the list.
func TestImpossibleLedgers(t *testing.T) {
	fine := domain.Truth{StockKey: domain.StockKey{SKU: "B", Node: "N1"}, OnHand: 1}
	for name, wrong := range map[string]domain.Truth{
		"less than nothing":               {OnHand: -1},
		"less than nothing held":          {OnHand: 1, QualityHold: -1},
		"less than nothing damaged":       {OnHand: 1, Damaged: -1},
		"more held than there is":         {OnHand: 3, QualityHold: 2, Damaged: 2},
		"more in hand than for sale":      {OnHand: 3, QualityHold: 1, Damaged: 1, Reserved: 2, Picked: 2},
		"a lot of less than nothing":      {OnHand: 1, Lots: []domain.Lot{lotOfA("L1", -1, 0, 0), lotOfA("L2", 2, 0, 0)}},
		"a lot of less than nothing held": {OnHand: 1, Lots: []domain.Lot{lotOfA("L1", 1, -1, 0)}},
		"a lot with more held":            {OnHand: 3, QualityHold: 2, Lots: []domain.Lot{lotOfA("L1", 1, 2, 0), lotOfA("L2", 2, 0, 0)}},
	} {
		wrong.StockKey = shelfOfA
		shelf := domain.NewShelf([]domain.Node{{ID: "N1"}}, now)
		if _, refusal, err := shelf.Rebuild([]domain.Truth{fine, wrong}); err != nil || refusal == nil || refusal.Index != 1 || refusal.Reason != domain.ReasonLedgerImpossible {
			t.Errorf("%s: %v, %v", name, refusal, err)
		}
	}
}
