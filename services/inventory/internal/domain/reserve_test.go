package domain_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func TestRequestsOfOneSetSeeEachOther(t *testing.T) {
	w := stocked(5, "N1")
	outcomes := w.reserve(want("o1", 3), want("o2", 3), want("o3", 1))
	var got [][2]int64 // placed, backordered
	for _, outcome := range outcomes {
		line, placed := outcome.Lines[0], int64(0)
		for _, here := range line.Placed {
			placed += here.Quantity
		}
		got = append(got, [2]int64{placed, line.Backordered})
	}
	if diff := cmp.Diff([][2]int64{{3, 0}, {2, 1}, {0, 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalTellsWhatThereIs(t *testing.T) {
	w := stocked(5, "N1")
	w.stock("B", "N1", 9)
	refused := domain.Want{Key: "k", Order: "o1", Shortage: domain.Refuse, Lines: []domain.WantLine{
		{Line: 1, SKU: "B", Quantity: 9}, {Line: 2, SKU: "A", Quantity: 4}, {Line: 7, SKU: "A", Quantity: 4},
	}}
	outcomes := w.reserve(refused, want("o2", 5))
	refusal := outcomes[0].Refusal
	if refusal == nil || refusal.Reason != domain.ReasonInsufficient {
		t.Fatalf("outcome %+v", outcomes[0])
	}
	if diff := cmp.Diff(map[string]string{"available.1": "9", "available.2": "5", "available.7": "5"}, refusal.Details); diff != "" {
		t.Error(diff)
	}
	if len(refusal.Fields) != 1 || refusal.Fields[0].Path != "lines[2].quantity" {
		t.Errorf("fields %+v", refusal.Fields)
	}
	if outcomes[1].Lines[0].Backordered != 0 {
		t.Errorf("the refused request kept something: %+v", outcomes[1])
	}
	if got := w.balances[domain.StockKey{SKU: "B", Node: "N1"}].Reserved; got != 0 {
		t.Errorf("%d of B are reserved", got)
	}
}

func TestKeyGetsItsFirstOutcome(t *testing.T) {
	w := stocked(5, "N1")
	first := w.reserve(want("o1", 3), want("o1", 3)) // one request that came twice
	if diff := cmp.Diff(first[0], first[1]); diff != "" {
		t.Error(diff)
	}
	again := w.reserve(want("o1", 99)) // whatever it asks now
	if diff := cmp.Diff(first[0], again[0]); diff != "" {
		t.Error(diff)
	}
	if got := w.balances[atN1].Reserved; got != 3 {
		t.Errorf("%d reserved, want 3", got)
	}
	refuse := want("o2", 99)
	refuse.Shortage = domain.Refuse
	w.reserve(refuse)
	w.stock("A", "N1", 1000)
	if again := w.reserve(refuse)[0]; again.Refusal == nil {
		t.Error("a refusal is final")
	}
}

func TestHugeDemandDoesNotWrap(t *testing.T) {
	w := stocked(5, "N1")
	refused := want("o1", math.MaxInt64, math.MaxInt64)
	refused.Shortage = domain.Refuse
	if got := w.reserve(refused)[0]; got.Refusal == nil {
		t.Errorf("outcome %+v", got)
	}
}

func TestNobodyIsOvertaken(t *testing.T) {
	w := stocked(0, "N1", "N2")
	first := want("o1", 5)
	first.Excluded = []domain.NodeID{"N2"}
	w.reserve(first)
	// Stock comes back without anybody serving what waits: a place that is active again.
	w.nodes[0].Inactive = true
	w.stock("A", "N1", 6)
	w.nodes[0].Inactive = false
	urgent := want("o2", 2)
	urgent.Priority = 1
	same := want("o3", 2)
	outcomes := w.reserve(urgent, same)
	if outcomes[0].Lines[0].Backordered != 0 {
		t.Error("a higher priority waits behind a lower one")
	}
	if got := outcomes[1].Lines[0].Backordered; got != 2 {
		t.Errorf("%d of o3 wait: it overtook", got)
	}
	if got := w.claimOf("o1", 1, "N1").Remaining; got != 4 {
		t.Errorf("the one that waited got %d, want what the urgent one left", got)
	}
}

func TestDemandThatCannotBeServedBlocksNobody(t *testing.T) {
	w := stocked(4, "N1", "N2")
	w.stock("A", "N2", -4)
	blocked := want("o1", 5)
	blocked.Excluded = []domain.NodeID{"N1"}
	w.reserve(blocked)
	w.serve()
	if got := w.claimOf("o1", 1, domain.Nowhere).Remaining; got != 5 {
		t.Errorf("o1 waits for %d: it got stock that it must not have", got)
	}
	if got := w.reserve(want("o2", 3))[0]; got.Lines[0].Backordered != 0 {
		t.Errorf("o2 waits: %+v", got)
	}
}

// What a warehouse was short of, or did not take, waits for it too once it has new stock: it may be the only one.
func TestNewStockServesWhatThePlaceCouldNotShipBefore(t *testing.T) {
	w := stocked(10, "N1")
	w.reserve(want("o1", 10))
	w.post(t, true, report(10, 7, 3, 0), shipment("s1", 7))
	again := want("o1", 3)
	again.Key, again.Excluded = "o1 again", []domain.NodeID{"N1"}
	w.reserve(again, want("o2", 3))
	w.stock("A", "N1", 4)
	if len(w.demand) != 1 || w.claimOf("o2", 1, "N1").Remaining != 1 {
		t.Errorf("demand %v, want that o1 came first and o2 got what was left", w.demand)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

func TestAvoidedPlacesServeWhatNoOtherHas(t *testing.T) {
	for name, test := range map[string]struct {
		elsewhere int64
		want      []domain.Placement
	}{
		"others have all of it":  {5, []domain.Placement{{Node: "N2", Quantity: 5}}},
		"others have some of it": {2, []domain.Placement{{Node: "N1", Quantity: 5}}},
		"nobody else has it":     {0, []domain.Placement{{Node: "N1", Quantity: 5}}},
	} {
		w := stocked(9, "N1", "N2")
		if err := w.adjust(domain.Adjustment{
			StockKey: domain.StockKey{SKU: "A", Node: "N2"}, Quantity: test.elsewhere - 9, OccurredAt: now,
		}); err != nil {
			t.Fatal(err)
		}
		again := want("o1", 5)
		again.Avoided = []domain.NodeID{"N1"}
		if diff := cmp.Diff(test.want, w.reserve(again)[0].Lines[0].Placed); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		other := want("o2", 20)
		other.Avoided, other.Excluded = []domain.NodeID{"N2"}, []domain.NodeID{"N1"}
		for _, placed := range w.reserve(other)[0].Lines[0].Placed {
			if placed.Node == "N1" {
				t.Errorf("%s: an excluded place served: %+v", name, placed)
			}
		}
	}
}

func TestHiddenDemandIsNotOvertaken(t *testing.T) {
	w := stocked(0, "N1")
	w.reserve(want("o1", 2), want("o2", 2))
	w.nodes[0].Inactive = true
	w.stock("A", "N1", 3)
	w.nodes[0].Inactive = false
	w.limit = 1 // o2 is not loaded
	if got := w.reserve(want("o3", 1))[0]; got.Lines[0].Backordered != 1 {
		t.Errorf("o3 overtook: %+v", got)
	}
	w.limit = 1000
	w.serve()
	if got := w.claimOf("o2", 1, "N1").Remaining; got != 1 {
		t.Errorf("o2 got %d, want what is left", got)
	}
}

func TestArrivingStockGoesByPriorityThenAge(t *testing.T) {
	w := stocked(0, "N1")
	urgent := want("o3", 2)
	urgent.Priority = 5
	w.reserve(want("o1", 2), want("o2", 2))
	w.reserve(urgent)
	w.stock("A", "N1", 5)
	for order, got := range map[domain.OrderID]int64{"o3": 2, "o1": 2, "o2": 1} {
		if claim := w.claimOf(order, 1, "N1"); claim.Remaining != got {
			t.Errorf("%s has %d, want %d", order, claim.Remaining, got)
		}
	}
	last := w.told[len(w.told)-1]
	if last.Kind != domain.EventStockArrived || last.Reservation.Order != "o2" || last.Lines[0].Placed[0].Quantity != 1 {
		t.Errorf("told %+v", last)
	}
}
