package inventory

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// sunday is the clock of these tests.
var sunday = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func in(days int) *timestamppb.Timestamp { return timestamppb.New(sunday.AddDate(0, 0, days)) }

// onSunday lets the service believe that it is sunday.
func onSunday(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.service.clock = func() time.Time { return sunday }
	return w
}

// plan sets supply of A.
func (w *world) plan(node, document, quantity string, expected *timestamppb.Timestamp) {
	w.t.Helper()
	_, err := w.operator.SetPlannedSupplies(w.t.Context(), &inventoryv1.SetPlannedSuppliesRequest{
		PlannedSupplies: []*inventoryv1.PlannedSupply{{
			Sku: "a", NodeId: node, Document: document, Line: 1, Quantity: quantity, ExpectedAt: expected,
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func steps(curve []*inventoryv1.PromiseStep) string {
	var text string
	for _, step := range curve {
		text += step.GetFrom().AsTime().Format("02:") + step.GetQuantity() + " "
	}
	return text
}

func TestAvailabilityByDateCountsSupplyAndDatedDemand(t *testing.T) {
	w := onSunday(t)
	w.stock("A", "N1", "10")
	w.keepBack("A", "N1", "", "2")
	w.plan("N1", "PO-1", "6", in(5))
	w.plan("N2", "PO-2", "4", in(2))
	w.plan("N2", "PO-3", "9", nil)    // not dated: nothing is promised of it
	w.plan("N2", "PO-4", "9", in(-1)) // late: dated anew, or it does not count
	w.plan("N1", "PO-5", "9", in(90)) // beyond the horizon
	w.plan("N1", "PO-6", "9", in(3))
	w.plan("N1", "PO-6", "0", in(3)) // taken back
	w.keepBack("A", "N1", "EDI", "9")
	needed := request("ord_1", 6)
	needed.Channel, needed.NeededAt = "EDI", in(3)
	w.reserve(needed) // 1 of 6: its safety stock lets the rest wait, until in(3)
	req := &inventoryv1.CheckAvailabilityRequest{Skus: []string{"A"}, Horizon: in(30)}
	reply, err := w.operator.CheckAvailability(t.Context(), req)
	if err != nil || len(reply.GetNetwork()) != 1 || len(reply.GetAvailability()) != 2 {
		t.Fatalf("got %v, %v", reply, err)
	}
	// N1 has 10 − 1 − 2 = 7; with 4 in two days that is 11, of which 5 wait for the third day; 6 more on the fifth.
	if got := steps(reply.GetNetwork()[0].GetPromisable()); got != "01:6 06:12 " {
		t.Errorf("network %s", got)
	}
	n1, n2 := reply.GetAvailability()[0], reply.GetAvailability()[1]
	if n1.GetSellable() != "7" || steps(n1.GetPromisable()) != "01:6 06:12 " || steps(n2.GetPromisable()) != "01:0 03:4 " {
		t.Errorf("places %v", reply.GetAvailability())
	}
	w.limitChannel("A", "WEB", "5")
	req.Channel, req.NodeIds = "WEB", []string{"N2"}
	reply, err = w.operator.CheckAvailability(t.Context(), req)
	if err != nil || steps(reply.GetNetwork()[0].GetPromisable()) != "01:5 " || len(reply.GetAvailability()) != 1 {
		t.Errorf("for WEB %v, %v", reply, err)
	}
	req.Horizon = in(0)
	if _, err = w.operator.CheckAvailability(t.Context(), req); fault.ReasonOf(err) != "INVALID_HORIZON" {
		t.Errorf("now as a horizon: %v", err)
	}
}

func TestPromiseFollowsCalendarsAndTransit(t *testing.T) {
	w := onSunday(t)
	w.masterData(
		&masterdatav1.NodeChanged{NodeId: "N1", Node: &masterdatav1.Node{
			NodeId: "N1", Priority: 1, Version: 2, TimeZone: "Europe/London", ClosedWeekdays: []int32{6, 7},
			Holidays: []string{"2026-03-02"}, CutOff: "14:00",
			TransitTimes: []*masterdatav1.TransitTime{{CountryCode: "GB", Days: 1}, {Days: 5}},
		}},
		&masterdatav1.NodeChanged{NodeId: "N2", Node: &masterdatav1.Node{
			NodeId: "N2", Priority: 2, Version: 2, TransitTimes: []*masterdatav1.TransitTime{{Days: 4}},
		}},
	)
	w.stock("A", "N1", "5")
	w.stock("A", "N2", "5")
	w.plan("N1", "PO-1", "10", in(5)) // Friday
	ask := func(country string, quantities ...string) *inventoryv1.CheckPromiseResponse {
		req := &inventoryv1.CheckPromiseRequest{CountryCode: country}
		for _, quantity := range quantities {
			req.Lines = append(req.Lines, &inventoryv1.PromiseLine{Sku: "A", Quantity: quantity})
		}
		reply, err := w.operator.CheckPromise(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	gb := ask("GB", "5")
	if part := gb.GetLines()[0].GetParts()[0]; part.GetNodeId() != "N1" || part.GetShipDate() != "2026-03-03" || gb.GetDeliveryDate() != "2026-03-04" {
		t.Errorf("to GB %v", gb)
	}
	if reason := gb.GetLines()[0].GetCandidates()[1].GetReason(); reason != inventoryv1.PromiseReason_PROMISE_REASON_TRANSIT {
		t.Errorf("N2: %v", reason)
	}
	if fr := ask("FR", "5"); fr.GetLines()[0].GetParts()[0].GetNodeId() != "N2" || fr.GetDeliveryDate() != "2026-03-05" {
		t.Errorf("to FR %v", fr)
	}
	// Both lines: the second waits for Friday's supply, and ships on Friday before the cut-off.
	both := ask("GB", "10", "10")
	if len(both.GetLines()[0].GetParts()) != 2 || both.GetLines()[0].GetDeliveryDate() != "2026-03-05" || both.GetDeliveryDate() != "2026-03-07" {
		t.Errorf("both %v", both)
	}
	if more := ask("GB", "10", "11"); more.GetDeliveryDate() != "" || len(more.GetLines()[1].GetParts()) != 0 {
		t.Errorf("more than there will be: %v", more)
	}
	_, err := w.operator.CheckPromise(t.Context(), &inventoryv1.CheckPromiseRequest{Lines: []*inventoryv1.PromiseLine{
		{Sku: "A", Quantity: "0"}, {Sku: "none", Quantity: "1"}, {Sku: "A", Quantity: "1.5"},
	}})
	if len(fieldsOf(err)) != 3 {
		t.Errorf("wrong fields %v", err)
	}
}

func TestPromiseKnowsTheBacklog(t *testing.T) {
	w := onSunday(t)
	w.masterData(&masterdatav1.NodeChanged{NodeId: "N1", Node: &masterdatav1.Node{NodeId: "N1", Version: 2, DailyLineCapacity: 2}})
	w.stock("A", "N1", "50")
	w.reserve(request("ord_1", 1, 1, 1, 1, 1))
	reply, err := w.operator.CheckPromise(t.Context(), &inventoryv1.CheckPromiseRequest{
		Lines: []*inventoryv1.PromiseLine{{Sku: "A", Quantity: "1"}}, ExcludedNodeIds: []string{"N2"},
	})
	if err != nil || reply.GetDeliveryDate() != "2026-03-03" {
		t.Errorf("five lines at two a day, and then this one: %v, %v", reply, err)
	}
}

func TestPlansAreRefusedWithEveryWrongField(t *testing.T) {
	w := newWorld(t)
	_, err := w.operator.SetPlannedSupplies(t.Context(), &inventoryv1.SetPlannedSuppliesRequest{PlannedSupplies: []*inventoryv1.PlannedSupply{
		{Sku: "A", NodeId: "N1", Document: "PO", Line: 1, Quantity: "1"},
		{Sku: "a", NodeId: "N1", Document: "PO", Line: 1, Quantity: "2"},
		{Sku: "FREIGHT", NodeId: "N9", Document: "PO", Line: 1, Quantity: "1"},
	}})
	if len(fieldsOf(err)) != 3 {
		t.Errorf("wrong fields %v", fieldsOf(err))
	}
}

// What an outside system has planned at first comes again after it has planned anew: the newer plan stays, taken back or not.
func TestALatePlanDoesNotTakeTheNewerOneBack(t *testing.T) {
	w := onSunday(t)
	w.stock("A", "N1", "1")
	set := func(version int64, quantity string, expected *timestamppb.Timestamp) *inventoryv1.PlannedSupply {
		t.Helper()
		reply, err := w.operator.SetPlannedSupplies(t.Context(), &inventoryv1.SetPlannedSuppliesRequest{PlannedSupplies: []*inventoryv1.PlannedSupply{
			{Sku: "a", NodeId: "N1", Document: "PO", Line: 2, Quantity: "1", ExpectedAt: in(9), Version: version},
			{Sku: "a", NodeId: "N1", Document: "PO", Line: 1, Quantity: quantity, ExpectedAt: expected, Version: version},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetPlannedSupplies()[1]
	}
	set(1, "5", in(2))
	set(2, "3", in(4))
	late := set(1, "5", in(2))
	if late.GetQuantity() != "3" || late.GetVersion() != 2 || !late.GetExpectedAt().AsTime().Equal(in(4).AsTime()) {
		t.Errorf("after a late repeat %v is planned, want the newer one", late)
	}
	set(3, "0", nil)
	if late = set(2, "3", in(4)); late.GetQuantity() != "0" || late.GetExpectedAt() != nil {
		t.Errorf("%v is planned, want nothing of what was taken back", late)
	}
	if again := set(0, "7", in(3)); again.GetQuantity() != "7" || again.GetVersion() != 3 {
		t.Errorf("%v is planned, want what comes without a version", again)
	}
}
