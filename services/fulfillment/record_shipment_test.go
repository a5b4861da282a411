package fulfillment_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

func TestShipmentsOfAnOrder(t *testing.T) {
	w := newWorld(t)
	ful := w.sent(order("a", 5, 3, -1))
	first := shipment(ful, "w1", 2, 3)
	first.Carrier, first.TrackingNumber = "DPD", "123"
	first.Cartons = []*fulfillmentv1.Carton{{Sscc: "106141411234567897", Lines: []*fulfillmentv1.CartonLine{
		{LineNumber: 1, Quantity: 2}, {LineNumber: 2, Quantity: 3},
	}}}
	second := shipment(ful, "w2", 2)
	second.Final = true
	ids := []string{w.ship(first)[0].GetShipmentId(), w.ship(second)[0].GetShipmentId()}
	if again := w.ship(first, second); again[0].GetShipmentId() != ids[0] || again[1].GetShipmentId() != ids[1] {
		t.Errorf("repeats are %v, want %v", again, ids)
	}
	other := shipment(ful, "w1", 2, 2)
	if got := w.ship(other)[0].GetRefusal().GetReason(); got != "SHIPMENT_DIFFERS" {
		t.Errorf("refusal %q", got)
	}
	if got := w.get(ful); got.GetState() != closed || got.GetLines()[0].GetShorted() != 1 {
		t.Errorf("order %v", got)
	}
	line := func(shipment string, number int32, part, quantity string) reconcile.Entry {
		return reconcile.Entry{
			Key: reconcile.Key{Subject: shipment, Line: number, Part: shipment + part}, Value: quantity, Order: "ord_a",
		}
	}
	want := []reconcile.Entry{line(ids[0], 1, "/1", "2"), line(ids[0], 2, "/2", "3"), line(ids[0], 3, "/3", "1"), line(ids[1], 1, "/1", "2")}
	if diff := cmp.Diff(want, w.shippedLines()); diff != "" {
		t.Error(diff)
	}
	perLine := []reconcile.Entry{
		{Key: reconcile.Key{Subject: "ord_a", Line: 1}, Value: "4", Order: "ord_a"},
		{Key: reconcile.Key{Subject: "ord_a", Line: 2}, Value: "3", Order: "ord_a"},
		{Key: reconcile.Key{Subject: "ord_a", Line: 3}, Value: "1", Order: "ord_a"},
	}
	if diff := cmp.Diff(perLine, reconciletest.Read(t, w.db, fulfillment.Figures(), "fulfillment.shipped")); diff != "" {
		t.Error(diff)
	}
	if shorted, err := fulfillment.CountShorted(t.Context(), w.db); err != nil || shorted != 1 {
		t.Errorf("%d lines short, %v", shorted, err)
	}
	told := w.told(6)
	if diff := cmp.Diff([]string{"created", "sent", "shorted", "closed"}, told[ful]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestShipmentAfterTheCancellationIsUnplanned(t *testing.T) {
	w := newWorld(t, idle)
	ful := w.create(order("a", 5))
	w.cancel("a")
	shipmentID := w.ship(shipment(ful, "w1", 5))[0].GetShipmentId()
	if lines := w.shippedLines(); shipmentID == "" || len(lines) != 0 {
		t.Errorf("what nobody asked for counts as shipped: %v", lines)
	}
	w.sound()
}

// The same set of reports from several senders at once is recorded once.
func TestShipmentsConcurrently(t *testing.T) {
	w := newWorld(t, idle)
	const senders, orders = 5, 12
	var reports []*fulfillmentv1.ShipmentReport
	for i := range orders {
		report := shipment(w.create(order(fmt.Sprint(i), 4)), fmt.Sprint("w", i), 4)
		report.Cartons = []*fulfillmentv1.Carton{{Lines: []*fulfillmentv1.CartonLine{{LineNumber: 1, Quantity: 4}}}}
		reports = append(reports, report)
	}
	answers := make([][]*fulfillmentv1.ShipmentOutcome, senders)
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() { answers[sender] = w.ship(reports...) })
	}
	group.Wait()
	for sender := range senders {
		for i := range orders {
			if got, want := answers[sender][i].GetShipmentId(), answers[0][i].GetShipmentId(); got == "" || got != want {
				t.Fatalf("sender %d, report %d: %q, want %q", sender, i, got, want)
			}
		}
	}
	if lines := w.shippedLines(); len(lines) != orders {
		t.Errorf("%d shipment lines", len(lines))
	}
	w.sound()
}

// A container code belongs to one carton for ever: a second use is recorded, because the goods have left, as a flaw.
func TestSSCCIsUniqueAcrossShipments(t *testing.T) {
	w := newWorld(t, idle)
	report := func(key, number string) *fulfillmentv1.ShipmentReport {
		one := shipment(w.create(order(key, 1)), number, 1)
		one.Cartons = []*fulfillmentv1.Carton{{
			Sscc: "106141411234567897", Lines: []*fulfillmentv1.CartonLine{{LineNumber: 1, Quantity: 1}},
		}}
		return one
	}
	outcomes := w.ship(report("a", "w1"), report("b", "w2"))
	outcomes = append(outcomes, w.ship(report("c", "w3"))...)
	for i, want := range []string{"", "SSCC_REUSED", "SSCC_REUSED"} {
		if got := w.shipment(outcomes[i].GetShipmentId()); len(got.GetFlaws()) > 0 != (want != "") || want != "" && got.GetFlaws()[0].GetReason() != want {
			t.Errorf("shipment %d has flaws %v, want %q", i, got.GetFlaws(), want)
		}
	}
	w.sound()
}

// A time that no calendar has does not keep the fact from being recorded, and is not stored as another one.
func TestShipmentAtAnImpossibleTime(t *testing.T) {
	w := newWorld(t)
	for i, at := range []*timestamppb.Timestamp{{Seconds: 1e15}, {Seconds: -1e15}, {Nanos: -5}} {
		report := shipment(w.sent(order(fmt.Sprint(i), 5)), fmt.Sprint("w", i), 5)
		report.OccurredAt = at
		before := time.Now().Add(-time.Second)
		found, err := w.service.GetShipment(t.Context(), &fulfillmentv1.GetShipmentRequest{ShipmentId: w.ship(report)[0].GetShipmentId()})
		if err != nil {
			t.Fatal(err)
		}
		if shipped := found.GetShipment().GetShippedAt().AsTime(); shipped.Before(before) || shipped.After(time.Now()) {
			t.Errorf("reported at %v, stored as %v", at, shipped)
		}
	}
}

// shippedLines are the lines of all shipments, as they are compared with the invoices.
func (w *world) shippedLines() []reconcile.Entry {
	w.t.Helper()
	return reconciletest.Read(w.t, w.db, fulfillment.Figures(), "fulfillment.shipment_lines")
}

// The warehouse is told with which carrier goods are to go. What it does is what counts, whatever it was told.
func TestAWarehouseMayTakeAnotherCarrier(t *testing.T) {
	w := newWorld(t)
	one := order("a", 5)
	one.Instructions = &fulfillmentv1.ShippingInstructions{Carrier: "DPD", ServiceLevel: "NEXT_DAY", ArrivesOn: "2026-03-02"}
	ful := w.sent(one)
	w.warehouse.mu.Lock()
	handed := w.warehouse.sent[ful][0].GetInstructions()
	w.warehouse.mu.Unlock()
	if shown := w.get(ful).GetInstructions(); !proto.Equal(handed, one.GetInstructions()) || !proto.Equal(shown, one.GetInstructions()) {
		t.Errorf("the warehouse got %v, shown is %v", handed, shown)
	}
	report := shipment(ful, "S-1", 5)
	report.Carrier, report.TrackingNumber, report.Final = "UPS", "1Z", true
	outcome := w.ship(report)[0]
	if got := w.shipment(outcome.GetShipmentId()); got.GetCarrier() != "UPS" || len(got.GetFlaws()) != 0 {
		t.Errorf("shipped with %q, flaws %v", got.GetCarrier(), got.GetFlaws())
	}
	if got := w.get(ful); got.GetInstructions().GetCarrier() != "DPD" || got.GetState() != closed {
		t.Errorf("%v after the shipment", got)
	}
	if reasons := w.exceptions(); len(reasons) != 0 {
		t.Errorf("exceptions %v", reasons)
	}
	w.sound()
}
