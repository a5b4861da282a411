package domain_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

var atN1 = domain.StockKey{SKU: "A", Node: "N1"}

// stocked is a world with one place or more that hold the same of item A.
func stocked(quantity int64, nodes ...domain.NodeID) *world {
	var places []domain.Node
	for _, node := range nodes {
		places = append(places, domain.Node{ID: node})
	}
	w := newWorld(places...)
	for _, node := range nodes {
		if quantity > 0 {
			w.stock("A", node, quantity)
		}
	}
	return w
}

func (w *world) stock(sku domain.SKU, node domain.NodeID, quantity int64) {
	err := w.adjust(domain.Adjustment{
		StockKey: domain.StockKey{SKU: sku, Node: node}, Quantity: quantity, Reason: "OPENING_STOCK", OccurredAt: now,
	})
	if err != nil {
		panic(err)
	}
}

// want asks for item A, a line per quantity.
func want(order domain.OrderID, quantities ...int64) domain.Want {
	w := domain.Want{Key: "reserve " + string(order), Order: order, Shortage: domain.Backorder}
	for i, quantity := range quantities {
		w.Lines = append(w.Lines, domain.WantLine{Line: int32(i + 1), SKU: "A", Quantity: quantity})
	}
	return w
}

func report(requested, picked, shorted, cancelled int64) domain.Fact {
	return domain.Fact{Report: &domain.Report{
		Fulfillment: "f1", Order: "o1", Node: "N1", OccurredAt: now,
		Lines: []domain.ReportLine{{
			Line: 1, SKU: "A", Requested: requested, Picked: picked, Shorted: shorted, Cancelled: cancelled,
		}},
	}}
}

func shipment(id string, quantity int64) domain.Fact {
	return domain.Fact{Shipment: &domain.Shipment{
		ID: id, Fulfillment: "f1", Order: "o1", Node: "N1", OccurredAt: now,
		Lines: []domain.ShipmentLine{{Line: 1, SKU: "A", Quantity: quantity}},
	}}
}

// TestOrderOfArrivalDoesNotMatter posts the same facts in every order, together and one by one.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	tests := map[string]struct {
		facts   []domain.Fact
		balance domain.Balance
		claim   domain.Claim
	}{
		"all shipped": {
			facts:   []domain.Fact{report(10, 0, 0, 0), report(10, 10, 0, 0), shipment("s1", 10)},
			balance: domain.Balance{OnHand: 10},
			claim:   domain.Claim{Consumed: 10},
		},
		"picked, nothing shipped yet": {
			facts:   []domain.Fact{report(10, 0, 0, 0), report(10, 4, 0, 0), report(10, 7, 0, 0)},
			balance: domain.Balance{OnHand: 20, Reserved: 10, Picked: 7},
			claim:   domain.Claim{Remaining: 10, Picked: 7},
		},
		"a part of what is picked has left": {
			facts:   []domain.Fact{report(10, 0, 0, 0), report(10, 7, 0, 0), shipment("s1", 5)},
			balance: domain.Balance{OnHand: 15, Reserved: 5, Picked: 2},
			claim:   domain.Claim{Remaining: 5, Consumed: 5, Picked: 2},
		},
		"short pick": {
			facts:   []domain.Fact{report(10, 0, 0, 0), report(10, 7, 0, 0), report(10, 7, 3, 0), shipment("s1", 7)},
			balance: domain.Balance{OnHand: 13, QualityHold: 3, Unverified: 3},
			claim:   domain.Claim{Consumed: 7, GivenBack: 3, Held: 3},
		},
		"a short report comes twice": {
			facts:   []domain.Fact{report(10, 7, 3, 0), report(10, 7, 3, 0), report(10, 0, 0, 0)},
			balance: domain.Balance{OnHand: 20, Reserved: 7, Picked: 7, QualityHold: 3, Unverified: 3},
			claim:   domain.Claim{Remaining: 7, GivenBack: 3, Held: 3, Picked: 7},
		},
		"short, found and shipped after all": {
			facts:   []domain.Fact{report(10, 7, 0, 0), report(10, 7, 3, 0), shipment("s1", 7), shipment("s2", 3)},
			balance: domain.Balance{OnHand: 10},
			claim:   domain.Claim{Consumed: 10},
		},
		"more shipped than promised": {
			facts:   []domain.Fact{report(10, 10, 0, 0), shipment("s1", 6), shipment("s2", 8)},
			balance: domain.Balance{OnHand: 6},
			claim:   domain.Claim{Consumed: 10},
		},
		"picked, then stopped": {
			facts:   []domain.Fact{report(10, 0, 0, 0), report(10, 6, 0, 0), report(10, 6, 0, 10)},
			balance: domain.Balance{OnHand: 20, Reserved: 10},
			claim:   domain.Claim{Remaining: 10},
		},
		"stopped after a part was shipped": {
			facts:   []domain.Fact{report(10, 6, 0, 0), report(10, 6, 0, 4), shipment("s1", 4)},
			balance: domain.Balance{OnHand: 16, Reserved: 6, Picked: 2},
			claim:   domain.Claim{Remaining: 6, Consumed: 4, Picked: 2},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			permute(test.facts, func(facts []domain.Fact) {
				for _, together := range []bool{true, false} {
					w := stocked(20, "N1")
					w.reserve(want("o1", 10))
					w.post(t, together, facts...)
					test.balance.StockKey, test.claim.Line, test.claim.Quantity = atN1, 1, 10
					test.claim.SKU, test.claim.Node = "A", "N1"
					ignore := cmpopts.IgnoreFields(domain.Balance{}, "Version", "Sequence", "AsOf")
					if diff := cmp.Diff(test.balance, w.balances[atN1], ignore); diff != "" {
						t.Errorf("%s, together %v: balance\n%s", describe(facts), together, diff)
					}
					diff := cmp.Diff(test.claim, w.claimOf("o1", 1, "N1"), cmpopts.IgnoreUnexported(domain.Claim{}))
					if diff != "" {
						t.Errorf("%s, together %v: claim\n%s", describe(facts), together, diff)
					}
				}
			})
		})
	}
}

func (w *world) post(t *testing.T, together bool, facts ...domain.Fact) {
	t.Helper()
	sets := [][]domain.Fact{facts}
	if !together {
		sets = nil
		for i := range facts {
			sets = append(sets, facts[i:i+1])
		}
	}
	for _, set := range sets {
		if err := w.facts(set...); err != nil {
			t.Fatal(err)
		}
		if err := w.broken(); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) claimOf(order domain.OrderID, line int32, node domain.NodeID) domain.Claim {
	for id, reservation := range w.reservations {
		if reservation.Order == order {
			return w.claims[id][claimKey{line, node}]
		}
	}
	return domain.Claim{}
}

func permute(facts []domain.Fact, try func([]domain.Fact)) {
	var walk func(chosen, left []domain.Fact)
	walk = func(chosen, left []domain.Fact) {
		if len(left) == 0 {
			try(chosen)
		}
		for i := range left {
			rest := append(append([]domain.Fact{}, left[:i]...), left[i+1:]...)
			walk(append(chosen[:len(chosen):len(chosen)], left[i]), rest)
		}
	}
	walk(nil, facts)
}

func describe(facts []domain.Fact) string {
	text := ""
	for _, fact := range facts {
		if fact.Shipment != nil {
			text += fmt.Sprintf("shipped %d; ", fact.Shipment.Lines[0].Quantity)
		} else {
			line := fact.Report.Lines[0]
			text += fmt.Sprintf("picked %d shorted %d cancelled %d; ", line.Picked, line.Shorted, line.Cancelled)
		}
	}
	return text
}

func TestShortPickPromisesNothingAnew(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o1", 10))
	w.reserve(want("o2", 5)) // waits
	w.post(t, true, report(10, 7, 3, 0))
	if got := w.balances[atN1]; got.Available() != 0 || got.QualityHold != 3 || got.Reserved != 7 {
		t.Errorf("balance %+v", got)
	}
	if got := w.claimOf("o2", 1, domain.Nowhere); got.Remaining != 5 {
		t.Errorf("the phantom was promised again: %+v", got)
	}
	if last := w.told[len(w.told)-1]; last.Kind != domain.EventGivenBack || last.Cause != domain.ReasonShortPick {
		t.Errorf("told %+v", last)
	}
}

func TestTwoReleasesOfOneLine(t *testing.T) {
	w := stocked(20, "N1")
	w.reserve(want("o1", 10))
	second := report(4, 4, 0, 0)
	second.Report.Fulfillment = "f2"
	w.post(t, false, report(6, 6, 0, 0), second)
	if got := w.balances[atN1]; got.Picked != 10 {
		t.Errorf("picked %d, want the sum of both", got.Picked)
	}
	w.post(t, false, shipment("s1", 6))
	if got := w.balances[atN1]; got.Picked != 4 || got.Reserved != 4 || got.OnHand != 14 {
		t.Errorf("balance %+v", got)
	}
}

// outflow is a shipment that nothing was promised for.
func outflow(quantity int64) domain.Fact {
	fact := shipment("s9", quantity)
	fact.Shipment.Order, fact.Shipment.Fulfillment = "o9", "f9"
	return fact
}

func TestUnpromisedShipmentRevokes(t *testing.T) {
	w := stocked(10, "N1", "N2")
	w.reserve(want("low", 3), want("older", 3), want("newer", 3))
	for id, reservation := range w.reservations { // all in N1: there is room for one more
		if reservation.Order == "low" {
			reservation.Priority = -1
			w.reservations[id] = reservation
		}
	}
	w.post(t, true, outflow(6)) // one is free: low goes first, then the newest
	remaining := func(order domain.OrderID) int64 { return w.claimOf(order, 1, "N1").Remaining }
	if remaining("low") != 0 || remaining("newer") != 1 || remaining("older") != 3 {
		t.Errorf("low %d, newer %d, older %d", remaining("low"), remaining("newer"), remaining("older"))
	}
	if got := w.balances[atN1]; got.OnHand != 4 || got.Reserved != 4 || got.Frozen {
		t.Errorf("balance %+v", got)
	}
	w.serve() // N2 has stock for both
	if len(w.demand) != 0 || w.claimOf("low", 1, "N2").Remaining != 3 {
		t.Errorf("revoked demand waits beside stock: %v", w.demand)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

func TestReleasedAndPickedPromisesAreRevokedLast(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o1", 5)) // older, so that it would keep its promise anyway
	w.reserve(want("o2", 5))
	released := report(5, 2, 0, 0)
	released.Report.Order = "o2"
	w.post(t, true, released)
	w.post(t, true, outflow(4))
	if got := w.claimOf("o1", 1, "N1").Remaining; got != 1 {
		t.Errorf("the promise that no warehouse works on has %d left, want 1", got)
	}
	w.post(t, true, outflow(4))
	if got := w.claimOf("o2", 1, "N1"); got.Remaining != 2 || got.Picked != 2 {
		t.Errorf("what is picked was revoked: %+v", got)
	}
	if got := w.balances[atN1]; got.Frozen || got.OnHand != 2 {
		t.Errorf("balance %+v", got)
	}
}

func TestWhatIsInHandIsNotRevoked(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o2", 5))
	w.reserve(want("o3", 5))
	for order, picked := range map[domain.OrderID]int64{"o2": 2, "o3": 4} {
		released := report(5, picked, 0, 0)
		released.Report.Order, released.Report.Fulfillment = order, "f"+string(order)
		w.post(t, true, released)
	}
	w.post(t, true, outflow(4))
	if newer, older := w.claimOf("o3", 1, "N1"), w.claimOf("o2", 1, "N1"); newer.Remaining != 4 || older.Remaining != 2 {
		t.Errorf("newer %+v, older %+v", newer, older)
	}
}

func TestShippingMoreThanPromisedRevokesOthers(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o1", 5))
	w.reserve(want("o2", 5))
	w.post(t, true, shipment("s1", 8))
	if got := w.claimOf("o2", 1, "N1"); got.Remaining != 2 || w.claimOf("o2", 1, domain.Nowhere).Remaining != 3 {
		t.Errorf("claim %+v, balance %+v", got, w.balances[atN1])
	}
}

func TestTheNewestPromiseIsShort(t *testing.T) {
	w := stocked(20, "N1")
	second := want("o1", 5)
	second.Key = "round 2"
	w.reserve(want("o1", 5), second)
	w.post(t, true, report(10, 7, 3, 0))
	for id, reservation := range w.reservations {
		got := w.claims[id][claimKey{1, "N1"}]
		if reservation.Key == "round 2" && got.GivenBack != 3 || reservation.Key != "round 2" && got.GivenBack != 0 {
			t.Errorf("%s: %+v", reservation.Key, got)
		}
	}
}

func TestSettlingRevokesAndServesFromElsewhere(t *testing.T) {
	w := stocked(5, "N1", "N2")
	w.stock("A", "N2", -5)
	w.reserve(want("o1", 5))
	w.post(t, true, outflow(7))
	if !w.balances[atN1].Frozen {
		t.Fatalf("balance %+v", w.balances[atN1])
	}
	at := func(node domain.NodeID, quantity int64) domain.Adjustment {
		return domain.Adjustment{StockKey: domain.StockKey{SKU: "A", Node: node}, Quantity: quantity, OccurredAt: now}
	}
	if err := w.adjust(at("N1", 2), at("N2", 4)); err != nil {
		t.Fatal(err)
	}
	if got := w.balances[atN1]; got.Frozen || got.OnHand != 0 {
		t.Errorf("balance %+v", got)
	}
	if here, waits := w.claimOf("o1", 1, "N2"), w.claimOf("o1", 1, domain.Nowhere); here.Remaining != 4 || waits.Remaining != 1 {
		t.Errorf("in N2 %+v, waits %+v", here, waits)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

func TestImpossibleFactIsDeferredAndPostedLater(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o1", 4))
	w.post(t, true, report(4, 4, 0, 0))
	w.post(t, true, outflow(9)) // six are there that nobody has in hand
	balance := w.balances[atN1]
	if !balance.Frozen || balance.OnHand != 10 || len(w.deferred) != 1 || w.deferred[0].Missing != 3 {
		t.Fatalf("balance %+v, deferred %+v", balance, w.deferred)
	}
	if got := w.reserve(want("o2", 1)); got[0].Lines[0].Backordered != 1 {
		t.Errorf("frozen stock was promised: %+v", got)
	}
	w.post(t, true, shipment("s1", 4)) // what is promised goes on
	if got := w.balances[atN1]; got.OnHand != 6 || got.Reserved != 0 {
		t.Errorf("balance %+v", got)
	}
	w.stock("A", "N1", 2)
	if got := w.balances[atN1]; !got.Frozen {
		t.Errorf("one is missing still: %+v", got)
	}
	w.stock("A", "N1", 2)
	if got := w.balances[atN1]; got.Frozen || got.OnHand != 1 || got.Reserved != 1 || len(w.deferred) != 0 {
		t.Errorf("balance %+v, deferred %+v", got, w.deferred)
	}
}

func TestShipmentOfUnknownStockIsKept(t *testing.T) {
	w := newWorld(domain.Node{ID: "N1"})
	w.post(t, true, outflow(2))
	if got := w.balances[atN1]; !got.Frozen || got.OnHand != 0 || len(w.deferred) != 1 {
		t.Errorf("balance %+v, deferred %+v", got, w.deferred)
	}
}
