package inventory

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// anew asks for stock elsewhere, for what a place did not take of line 1.
func anew(order, node string, quantity int64) *inventoryv1.ReservationRequest {
	again := request(order, quantity)
	again.Key, again.ExcludedNodeIds, again.KeepsAge = order+"/reserve/2", []string{node}, true
	again.GivesBack = []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: node, Quantity: quantity}}
	return again
}

// wantPromised compares what order lines have in places, and what they wait for in none.
func (w *world) wantPromised(want map[reconcile.Key]int64) {
	w.t.Helper()
	got := w.reserved()
	maps.Copy(got, w.promised("inventory.waiting"))
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Error(diff)
	}
}

// Two orders of a call look for stock elsewhere. A third one waits for what their channel may have, and gets nothing of it.
func TestNobodyGetsBetweenTheOldPromiseAndTheNew(t *testing.T) {
	w := newWorld(t)
	w.limitChannel("A", "WEB", "10")
	w.stock("A", "N1", "10")
	web := func(request *inventoryv1.ReservationRequest) *inventoryv1.ReservationRequest {
		request.Channel = "WEB"
		return request
	}
	w.reserve(web(request("ord_1", 5)), web(request("ord_2", 5)), web(request("ord_3", 10)))
	w.stock("A", "N2", "10")
	first, second := web(anew("ord_1", "N1", 5)), web(anew("ord_2", "N1", 5))
	second.GivesBack[0].Quantity = 9 // more than it has
	outcomes := w.reserve(first, second)
	for _, outcome := range outcomes {
		want := &inventoryv1.GivenBack{Lines: []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: "N1", Quantity: 5}}}
		if diff := cmp.Diff(want, outcome.GetGivenBack(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	promised := map[reconcile.Key]int64{at("ord_1", 1, "N2"): 5, at("ord_2", 1, "N2"): 5, at("ord_3", 1, ""): 10}
	w.wantPromised(promised)
	if diff := cmp.Diff(outcomes, w.reserve(first, second), protocmp.Transform()); diff != "" {
		t.Errorf("a repeat: %s", diff)
	}
	w.wantPromised(promised)
	told := toldOf[*inventoryv1.ReservationCancelled](w)
	if len(told) != 2 || told[0].GetReason() != "RESOURCED" || told[0].GetChanges()[0].GetNodeId() != "N1" {
		t.Errorf("told %v", told)
	}
	if plain := w.reserve(request("ord_4", 1))[0]; plain.GetGivenBack() != nil {
		t.Errorf("%v, want nothing said of what was not asked", plain)
	}
}

// The order waits where it would stand had it never been promised anything: before those that came after it.
func TestResourcedKeepsItsPlaceInTheQueue(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N2", "5")
	w.reserve(request("ord_1", 5), request("ord_2", 7))
	outcome := w.reserve(anew("ord_1", "N2", 5))[0]
	if got := outcome.GetReservation().GetLines()[0].GetBackordered(); got != 5 {
		t.Errorf("%v, want all of it to wait", outcome)
	}
	w.wantPromised(map[reconcile.Key]int64{at("ord_1", 1, ""): 5, at("ord_2", 1, "N2"): 5, at("ord_2", 1, ""): 2})
	w.stock("A", "N1", "4")
	w.wantPromised(map[reconcile.Key]int64{
		at("ord_1", 1, "N1"): 4, at("ord_1", 1, ""): 1, at("ord_2", 1, "N2"): 5, at("ord_2", 1, ""): 2,
	})
}

// What a held order gives back for the time being lends its age to what is looked for after the hold, and what is given back for good does
// not.
func TestGivenBackForTheTimeBeingKeepsItsPlaceInTheQueue(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		w := newWorld(t)
		w.stock("A", "N2", "5")
		w.reserve(request("ord_1", 5), request("ord_2", 7))
		w.cancel(&inventoryv1.ReservationCancellation{
			Key: "c", OrderId: "ord_1", KeepsAge: keeps,
			Lines: []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: "N2", Quantity: 5}},
		})
		again := anew("ord_1", "N2", 5)
		again.GivesBack = nil
		w.reserve(again)
		w.stock("A", "N1", "2")
		older, younger := at("ord_1", 1, "N1"), at("ord_2", 1, "N1")
		if !keeps {
			older, younger = younger, older
		}
		if got := w.reserved(); got[older] != 2 || got[younger] != 0 {
			t.Errorf("keeps its age %v: %v", keeps, got)
		}
	}
}
