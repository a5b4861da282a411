package fulfillment_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

const (
	manifested = fulfillmentv1.ShipmentState_SHIPMENT_STATE_MANIFESTED
	shippedOut = fulfillmentv1.ShipmentState_SHIPMENT_STATE_SHIPPED
	inTransit  = fulfillmentv1.ShipmentState_SHIPMENT_STATE_IN_TRANSIT
	delivered  = fulfillmentv1.ShipmentState_SHIPMENT_STATE_DELIVERED
	lost       = fulfillmentv1.ShipmentState_SHIPMENT_STATE_LOST
	sentBack   = fulfillmentv1.ShipmentState_SHIPMENT_STATE_RETURNED_TO_SENDER
)

func (w *world) shipment(shipmentID string) *fulfillmentv1.Shipment {
	w.t.Helper()
	reply, err := w.service.GetShipment(w.t.Context(), &fulfillmentv1.GetShipmentRequest{ShipmentId: shipmentID})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetShipment()
}

// manifest reports that a shipment is packed, as a shipment report says it.
func (w *world) manifest(report *fulfillmentv1.ShipmentReport) *fulfillmentv1.ShipmentOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordManifest(w.t.Context(), &fulfillmentv1.RecordManifestRequest{Manifests: []*fulfillmentv1.ManifestReport{{
		FulfillmentId: report.GetFulfillmentId(), WarehouseShipmentId: report.GetWarehouseShipmentId(), Lines: report.GetLines(),
		Cartons: report.GetCartons(), Carrier: report.GetCarrier(), TrackingNumber: report.GetTrackingNumber(),
	}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0]
}

func (w *world) milestones(reports ...*fulfillmentv1.MilestoneReport) []*fulfillmentv1.ReportOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordMilestone(w.t.Context(), &fulfillmentv1.RecordMilestoneRequest{Milestones: reports})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

// exceptions are the reasons of the open exceptions, sorted.
func (w *world) exceptions() []string {
	w.t.Helper()
	reply, err := w.service.ListFulfillmentExceptions(w.t.Context(), &fulfillmentv1.ListFulfillmentExceptionsRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	var reasons []string
	for _, one := range reply.GetExceptions() {
		reasons = append(reasons, one.GetReason())
	}
	slices.Sort(reasons)
	return reasons
}

// The whole way of a parcel: packed, announced, gone, on its way, arrived; each told once.
func TestShipmentFromManifestToDelivery(t *testing.T) {
	w := newWorld(t)
	ful := w.sent(order("a", 5))
	report := shipment(ful, "w1", 5)
	shipmentID := w.manifest(report).GetShipmentId()
	if got := w.shipment(shipmentID); got.GetState() != manifested || got.GetShippedAt() != nil {
		t.Errorf("manifested: %v", got)
	}
	w.manifest(report)
	if got := w.ship(report)[0].GetShipmentId(); got != shipmentID {
		t.Errorf("shipped as %s", got)
	}
	if got := w.shipment(shipmentID).GetState(); got != shippedOut {
		t.Errorf("state %s", got)
	}
	byNumber := &fulfillmentv1.MilestoneReport{NodeId: "LEEDS", WarehouseShipmentId: "w1", State: delivered, ProofOfDelivery: "J. Doe"}
	byID := &fulfillmentv1.MilestoneReport{ShipmentId: shipmentID, State: inTransit, Location: "Hub"}
	for _, outcome := range append(w.milestones(byNumber, byID), w.milestones(byID, byNumber)...) {
		if outcome.GetRefusal() != nil || outcome.GetParked() {
			t.Errorf("outcome %v", outcome)
		}
	}
	got := w.shipment(shipmentID)
	if got.GetState() != delivered || got.GetDeliveredAt() == nil || len(got.GetMilestones()) != 2 {
		t.Errorf("delivered: %v", got)
	}
	told := w.told(7)
	if diff := cmp.Diff([]string{"manifested", "shipped", "delivered", "in_transit"}, told[shipmentID]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestVoidShipmentBeforeItLeaves(t *testing.T) {
	w := newWorld(t, idle)
	ful := w.create(order("a", 5))
	report := shipment(ful, "w1", 2)
	shipmentID := w.manifest(report).GetShipmentId()
	void := func(shipmentID string) error {
		_, err := w.reports.VoidShipment(t.Context(), &fulfillmentv1.VoidShipmentRequest{ShipmentId: shipmentID, Reason: "repacked"})
		return err
	}
	for range 2 {
		if err := void(shipmentID); err != nil {
			t.Error(err)
		}
	}
	gone := w.ship(shipment(ful, "w2", 5))[0].GetShipmentId()
	if err := void(gone); fault.ReasonOf(err) != "ALREADY_SHIPPED" {
		t.Errorf("after it left: %v", err)
	}
	if err := void("shp_nonsense"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown: %v", err)
	}
	w.sound()
}

func TestLostAndReturnedShipmentsAreListedForPeople(t *testing.T) {
	w := newWorld(t, idle)
	ful := w.create(order("a", 5))
	one, two := w.ship(shipment(ful, "w1", 2))[0].GetShipmentId(), w.ship(shipment(ful, "w2", 2))[0].GetShipmentId()
	for range 2 {
		w.milestones(&fulfillmentv1.MilestoneReport{ShipmentId: one, State: lost}, &fulfillmentv1.MilestoneReport{ShipmentId: two, State: sentBack})
	}
	if diff := cmp.Diff([]string{"LOST", "RETURNED_TO_SENDER"}, w.exceptions()); diff != "" {
		t.Error(diff)
	}
	list, err := w.service.ListFulfillmentExceptions(t.Context(), &fulfillmentv1.ListFulfillmentExceptionsRequest{Kind: "SHIPMENT_LOST"})
	if err != nil || len(list.GetExceptions()) != 1 || list.GetExceptions()[0].GetShipmentId() != one {
		t.Fatalf("lost: %v, %v", list, err)
	}
	resolve := &fulfillmentv1.ResolveFulfillmentExceptionRequest{ExceptionId: list.GetExceptions()[0].GetExceptionId(), Resolution: "claimed"}
	for range 2 {
		reply, err := w.service.ResolveFulfillmentException(t.Context(), resolve)
		if err != nil || reply.GetException().GetResolution() != "claimed" || reply.GetException().GetResolvedAt() == nil {
			t.Errorf("resolved: %v, %v", reply, err)
		}
	}
	// What comes back undelivered is a return.
	recovered, err := w.service.RecoverShipment(operator(t), &fulfillmentv1.RecoverShipmentRequest{ShipmentId: two, RequestId: "r"})
	if err != nil || recovered.GetReturnDocument().GetLines()[0].GetAuthorized() != 2 {
		t.Errorf("recovered: %v, %v", recovered, err)
	}
	if diff := cmp.Diff([]string{"RETURNED_TO_SENDER"}, w.exceptions()); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

// A report that overtakes its order is kept, and booked when the order comes.
func TestOutOfOrderWarehouseEventsWaitForTheirOrder(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.config.Parking = fulfillment.ParkingConfig{Poll: 5 * time.Millisecond, FirstDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond}
	})
	early := order("a", 5)
	ful := id.Format(id.Fulfillment, id.Derive(keySpace, "a"))
	report := shipment(ful, "w1", 3)
	if outcome := w.ship(report)[0]; !outcome.GetParked() {
		t.Fatalf("outcome %v", outcome)
	}
	w.ship(report)
	w.milestones(&fulfillmentv1.MilestoneReport{NodeId: "LEEDS", WarehouseShipmentId: "w1", State: delivered})
	if got := w.create(early); got != ful {
		t.Fatalf("the order is %s, want %s", got, ful)
	}
	w.eventually("the shipment is booked and delivered", func() bool {
		reply, err := w.service.ListShipments(t.Context(), &fulfillmentv1.ListShipmentsRequest{OrderId: "ord_a"})
		return err == nil && len(reply.GetShipments()) == 1 && reply.GetShipments()[0].GetState() == delivered
	})
	w.eventually("nothing is parked", func() bool { return w.count("parked_report") == 0 })
	if reasons := w.exceptions(); len(reasons) > 0 {
		t.Errorf("exceptions %v", reasons)
	}
	w.sound()
}

// What nobody knows after its time is an exception that keeps what was said.
func TestReportsAboutAnUnknownFulfilmentBecomeExceptions(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.config.Parking = fulfillment.ParkingConfig{
			Poll: 5 * time.Millisecond, FirstDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond, KeepFor: 50 * time.Millisecond,
		}
	})
	for _, unknown := range []string{id.Format(id.Fulfillment, id.New()), "ful_nonsense", "W123"} {
		if outcome := w.ship(shipment(unknown, "w1", 1))[0]; !outcome.GetParked() {
			t.Errorf("%s: %v", unknown, outcome)
		}
	}
	w.eventually("all are exceptions", func() bool { return len(w.exceptions()) == 3 && w.count("parked_report") == 0 })
	list, err := w.service.ListFulfillmentExceptions(t.Context(), &fulfillmentv1.ListFulfillmentExceptionsRequest{Kind: "REPORT_UNKNOWN"})
	if err != nil || len(list.GetExceptions()) != 3 || list.GetExceptions()[0].GetReport() == "" {
		t.Errorf("exceptions %v, %v", list, err)
	}
}

// More than the tolerance leaves: the excess is unplanned, and may be absorbed or come back, never both.
func TestOverShipIsAbsorbedOrRecovered(t *testing.T) {
	w := newWorld(t, idle)
	request := order("a", 10)
	request.Lines[0].OverShipTolerance = 2
	over := w.ship(shipment(w.create(request), "w1", 17))[0].GetShipmentId()
	got := w.shipment(over)
	planned, unplanned := got.GetLines()[0], got.GetLines()[1]
	if planned.GetQuantity() != 12 || planned.GetOverShipped() != 2 || unplanned.GetQuantity() != 5 || !unplanned.GetUnplanned() {
		t.Fatalf("lines %v", got.GetLines())
	}
	absorb := func(key, quantity string) (*fulfillmentv1.AbsorbUnplannedResponse, error) {
		return w.service.AbsorbUnplanned(operator(t), &fulfillmentv1.AbsorbUnplannedRequest{ShipmentId: over, RequestId: key,
			Lines: []*fulfillmentv1.AbsorbLine{{ShipmentLineId: unplanned.GetShipmentLineId(), Quantity: quantity}}})
	}
	first, err := absorb("k1", "3")
	if err != nil || first.GetShipment().GetAbsorbsShipmentId() != over || first.GetShipment().GetLines()[0].GetOverShipped() != 3 {
		t.Fatalf("absorbed: %v, %v", first, err)
	}
	if again, err := absorb("k1", "3"); err != nil || again.GetShipment().GetShipmentId() != first.GetShipment().GetShipmentId() {
		t.Errorf("again: %v, %v", again, err)
	}
	recovered, err := w.service.RecoverShipment(operator(t), &fulfillmentv1.RecoverShipmentRequest{
		ShipmentId: over, UnplannedOnly: true, RequestId: "r",
	})
	if err != nil || recovered.GetReturnDocument().GetLines()[0].GetAuthorized() != 2 {
		t.Errorf("recovered: %v, %v", recovered, err)
	}
	if _, err := absorb("k2", "1"); fault.ReasonOf(err) != "NOT_ABSORBABLE" {
		t.Errorf("what comes back: %v", err)
	}
	w.sound()
}

// A partly delivered pick does not keep the rest reserved: a person says that nothing more will come.
func TestCloseShortFreesTheRestOfAPartlyDeliveredPick(t *testing.T) {
	w := newWorld(t)
	ful := w.sent(order("a", 5))
	w.ship(shipment(ful, "w1", 2))
	for range 2 {
		reply, err := w.service.CloseFulfillment(t.Context(), &fulfillmentv1.CloseFulfillmentRequest{FulfillmentId: ful, Reason: "gone"})
		if err != nil || reply.GetFulfillment().GetState() != closed || reply.GetFulfillment().GetLines()[0].GetCancelled() != 3 {
			t.Errorf("closed: %v, %v", reply, err)
		}
	}
	if diff := cmp.Diff([]string{"created", "sent", "rejected"}, w.told(4)[ful]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

// keySpace is that of the ids of fulfilments, so that a test knows one before it is made.
var keySpace = uuid.MustParse("5b0c1c0e-7a52-4c1f-9f43-0f5a5e2f7d11")
