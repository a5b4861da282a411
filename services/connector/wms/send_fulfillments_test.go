package wms_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/connector/wms"
)

func TestAnOrderIsAcknowledgedPickedAndShipped(t *testing.T) {
	config := quick
	config.LinesPerCarton = 1
	w := newWorld(t, config)
	one := order(5, 2, -1)
	w.send(one, one)
	id := one.GetFulfillmentId()
	w.until(id, "acknowledgement", "pick", "shipment")
	w.idle()
	w.send(one) // a repeat after the end
	w.idle()
	w.until(id, "acknowledgement", "pick", "shipment")
	want := &fulfillmentv1.ShipmentReport{
		FulfillmentId: id, WarehouseShipmentId: "sandbox-" + id[4:], Carrier: "SANDBOX", TrackingNumber: "095212340000000006", Final: true,
		Lines: []*fulfillmentv1.ShipmentReportLine{{LineNumber: 1, Quantity: 5}, {LineNumber: 2, Quantity: 2}},
		Cartons: []*fulfillmentv1.Carton{
			{Sscc: "095212340000000006", Lines: []*fulfillmentv1.CartonLine{{LineNumber: 1, Quantity: 5}}},
			{Sscc: "095212340000000013", Lines: []*fulfillmentv1.CartonLine{{LineNumber: 2, Quantity: 2}}},
		},
	}
	if diff := cmp.Diff(want, w.ledger.shipments[id][0], protocmp.Transform(),
		protocmp.IgnoreFields(want, "occurred_at")); diff != "" {
		t.Error(diff)
	}
}

// Goods leave with the carrier that was asked for, announced or not.
func TestGoodsLeaveWithTheCarrierThatWasAskedFor(t *testing.T) {
	config := quick
	config.Manifest = true
	w := newWorld(t, config)
	one := order(5)
	one.Instructions = &fulfillmentv1.ShippingInstructions{Carrier: "DPD", ServiceLevel: "NEXT_DAY"}
	w.send(one)
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "manifest", "shipment")
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	if got := w.ledger.shipments[one.GetFulfillmentId()][0].GetCarrier(); got != "DPD" {
		t.Errorf("it left with %q", got)
	}
	if got := w.ledger.manifests[one.GetFulfillmentId()].GetCarrier(); got != "DPD" {
		t.Errorf("it was announced to %q", got)
	}
}

// Container codes are never used twice, not within a round and not after a restart.
func TestContainerCodesAreUnique(t *testing.T) {
	config := quick
	config.LinesPerCarton = 2
	w := newWorld(t, config)
	seen := map[string]bool{}
	for range 2 {
		var orders []*fulfillmentv1.Fulfillment
		for range 20 {
			orders = append(orders, order(1, 1, 1))
		}
		w.send(orders...)
		w.idle()
		for _, one := range orders {
			for _, carton := range w.ledger.shipments[one.GetFulfillmentId()][0].GetCartons() {
				if seen[carton.GetSscc()] {
					t.Fatalf("%s is used twice", carton.GetSscc())
				}
				seen[carton.GetSscc()] = true
			}
		}
		w.stop()
		w.start()
	}
	if len(seen) != 2*20*2 {
		t.Errorf("%d cartons", len(seen))
	}
}

func TestOrdersThatMeanNothing(t *testing.T) {
	w := newWorld(t, quick)
	if got := w.send(order(-1), order(1)); !slices.Equal(got, []string{"NOTHING_TO_DO", ""}) {
		t.Errorf("refusals %q", got)
	}
	bad := order(1)
	bad.FulfillmentId = "ord_1"
	_, err := w.client.SendFulfillments(t.Context(), &wmsv1.SendFulfillmentsRequest{Fulfillments: []*fulfillmentv1.Fulfillment{bad}})
	if fault.ReasonOf(err) != "ID_INVALID" {
		t.Errorf("an order that is no fulfilment: %v", err)
	}
	_, err = w.client.RequestCancellations(t.Context(), &wmsv1.RequestCancellationsRequest{FulfillmentIds: []string{"ord_1"}})
	if fault.ReasonOf(err) != "ID_INVALID" {
		t.Errorf("a request about no fulfilment: %v", err)
	}
}

func TestShortPick(t *testing.T) {
	config := quick
	config.ShortSKUs = []string{"sku-1"}
	w := newWorld(t, config)
	some, none, rest := order(5, 2), order(1), order(1, 2)
	w.send(some, none, rest)
	w.until(rest.GetFulfillmentId(), "acknowledgement", "pick", "shipment")
	w.until(some.GetFulfillmentId(), "acknowledgement", "pick", "shipment")
	w.until(none.GetFulfillmentId(), "acknowledgement", "pick")
	w.idle()
	w.until(none.GetFulfillmentId(), "acknowledgement", "pick")
	want := []*fulfillmentv1.PickLine{
		{LineNumber: 1, Picked: 2, Packed: 2, Shorted: 3}, {LineNumber: 2, Picked: 2, Packed: 2},
	}
	if diff := cmp.Diff(want, w.ledger.picks[some.GetFulfillmentId()].GetLines(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got := w.ledger.shipments[some.GetFulfillmentId()][0].GetLines()[0].GetQuantity(); got != 2 {
		t.Errorf("%d shipped", got)
	}
}

// Told to, the warehouse announces what it packed, ships too much, names lots, and says when a shipment arrives.
func TestManifestOverShipLotAndDelivery(t *testing.T) {
	config := quick
	config.Manifest, config.OverBP, config.DeliverDelay, config.Lot = true, 10_000, time.Millisecond, "L7"
	w := newWorld(t, config)
	one := order(5)
	one.Lines[0].LotTracked = true
	w.send(one)
	id := one.GetFulfillmentId()
	w.until(id, "acknowledgement", "pick", "manifest", "shipment", one.GetNodeId()+" SHIPMENT_STATE_DELIVERED")
	w.idle()
	report := w.ledger.shipments[id][0]
	line, packed := report.GetLines()[0], report.GetCartons()[0].GetLines()[0]
	if line.GetQuantity() != 6 || line.GetLot() != "L7" || packed.GetQuantity() != 6 {
		t.Errorf("shipment %v", report)
	}
}

func TestRejectedOrdersAreNotDone(t *testing.T) {
	config := quick
	config.RejectBP = 10_000
	w := newWorld(t, config)
	one := order(5)
	for range 2 {
		if got := w.send(one); !slices.Equal(got, []string{"NO_CAPACITY"}) {
			t.Errorf("refusals %q", got)
		}
	}
	w.idle()
	w.until(one.GetFulfillmentId())
}

// A report is repeated until it is recorded; what waits behind it waits with it.
func TestReportsAreRepeated(t *testing.T) {
	for name, break_ := range map[string]func(*ledger){
		"the service is down": func(l *ledger) {
			l.fail = func(string) error { return fault.New(fault.Unavailable, "DOWN", "down") }
		},
		"the order is not stored yet": func(l *ledger) {
			l.refuse = func(string, string) *commonv1.Refusal { return &commonv1.Refusal{Reason: "UNKNOWN_FULFILLMENT"} }
		},
		"a defect": func(l *ledger) {
			l.fail = func(string) error { return fault.New(fault.Internal, "INTERNAL", "oops") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, quick)
			calls := make(chan string, 100)
			w.ledger.behave(func(l *ledger) {
				break_(l)
				fail := l.fail
				l.fail = func(kind string) error {
					calls <- kind
					return fail(kind)
				}
			})
			one := order(1)
			w.send(one)
			for range 3 {
				if kind := <-calls; kind != "acknowledgement" {
					t.Errorf("reported %s before the acknowledgement was recorded", kind)
				}
			}
			var attempts int
			if err := w.db.Pool().QueryRow(t.Context(), "SELECT attempt FROM work").Scan(&attempts); err != nil || attempts < 1 {
				t.Errorf("%d attempts are counted, %v", attempts, err)
			}
			w.ledger.behave(func(l *ledger) { l.fail, l.refuse = newLedger().fail, newLedger().refuse })
			w.until(one.GetFulfillmentId(), "acknowledgement", "pick", "shipment")
		})
	}
}

// A report that is refused for good is let go, and so does the order it is about.
func TestRefusedReportsEnd(t *testing.T) {
	w := newWorld(t, quick)
	one, other := order(1), order(1)
	w.ledger.behave(func(l *ledger) {
		l.refuse = func(kind, id string) *commonv1.Refusal {
			if kind == "shipment" && id == one.GetFulfillmentId() {
				return &commonv1.Refusal{Reason: "SHIPMENT_DIFFERS"}
			}
			return nil
		}
	})
	w.send(one, other)
	w.until(other.GetFulfillmentId(), "acknowledgement", "pick", "shipment")
	w.idle()
	w.until(one.GetFulfillmentId(), "acknowledgement", "pick")
}

// A warehouse that is stopped in the middle of a report makes the same report again when it is started.
func TestCrashBetweenReportAndRecord(t *testing.T) {
	w := newWorld(t, quick)
	one := order(4, 7)
	reached, release := make(chan struct{}), make(chan struct{})
	var crashed bool
	w.ledger.behave(func(l *ledger) {
		l.fail = func(kind string) error {
			if kind == "shipment" && !crashed {
				crashed = true
				close(reached)
				<-release
			}
			return nil
		}
	})
	w.send(one)
	<-reached
	go close(release)
	w.stop() // the report was recorded, its answer is lost
	w.config.LinesPerCarton, w.config.ShortBP = 1, 10_000
	w.start()
	w.idle()
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	reports := w.ledger.shipments[one.GetFulfillmentId()]
	for _, report := range reports[1:] {
		if diff := cmp.Diff(reports[0], report, protocmp.Transform()); diff != "" {
			t.Errorf("the repeat says something else:\n%s", diff)
		}
	}
}

// An order whose pick is due before it was acknowledged reports the pick, which says both.
func TestLateOrdersSkipTheAcknowledgement(t *testing.T) {
	w := newWorld(t, slow)
	w.stop()
	w.rests = true
	w.start()
	one := order(1)
	w.send(one) // due at once, and nobody works
	w.stop()
	w.rests, w.config.PickDelay = false, time.Nanosecond
	w.start()
	w.until(one.GetFulfillmentId(), "pick", "shipment")
}

func TestConfigIsChecked(t *testing.T) {
	db := databasetest.New(t, wms.Migrations)
	for name, config := range map[string]wms.Config{
		"short share":       {ShortBP: 10_001},
		"negative share":    {ShortBP: -1},
		"share too much":    {OverBP: 10_001},
		"share rejected":    {RejectBP: -1},
		"arrives too early": {DeliverDelay: -1},
		"short prefix":      {CompanyPrefix: "123456"},
		"long prefix":       {CompanyPrefix: "12345678901"},
		"prefix of letters": {CompanyPrefix: "ABCDEFG"},
		"carton":            {LinesPerCarton: -1},
		"batch":             {Batch: 1001},
		"delays":            {FirstDelay: time.Hour},
	} {
		if _, err := wms.New(wms.Deps{DB: db}, config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
