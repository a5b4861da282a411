package operations

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// story is the life of an order as its services tell it.
type story struct {
	order, reservation, fulfillment, shipment, invoice string
	events                                             []bus.Event
}

func (w *world) story(partner, number string) story {
	s := story{
		order: newID(id.Order), reservation: newID(id.Reservation), fulfillment: newID(id.Fulfillment), shipment: newID(id.Shipment),
		invoice: newID(id.Invoice),
	}
	line := &fulfillmentv1.ShipmentLine{LineNumber: 1, Sku: "FLOUR", Quantity: 25, Scale: 1, BaseUnit: "KG"}
	gbp := func(minor int64) *commonv1.Money { return &commonv1.Money{CurrencyCode: "GBP", MinorUnits: minor} }
	s.events = []bus.Event{
		w.event(&orderv1.OrderReceived{OrderId: s.order, Order: &orderv1.PricedOrder{
			OrderId: s.order, PartnerId: partner, Channel: "edi", ExternalOrderId: number, AccountId: "ACME", CurrencyCode: "GBP",
			NetTotalMinor: 1250, Lines: []*orderv1.PricedLine{{LineNumber: 1, Sku: "FLOUR"}},
		}}),
		w.event(&inventoryv1.ReservationReserved{
			ReservationId: s.reservation, OrderId: s.order, Cause: inventoryv1.ReservationCause_RESERVATION_CAUSE_REQUESTED,
			Lines: []*inventoryv1.ReservationLine{{LineNumber: 1, Sku: "FLOUR", Allocations: []*inventoryv1.Allocation{{NodeId: "EAST", Quantity: 25}}}},
		}),
		w.event(&orderv1.OrderAccepted{OrderId: s.order}),
		w.event(&fulfillmentv1.FulfillmentCreated{FulfillmentId: s.fulfillment, Fulfillment: &fulfillmentv1.Fulfillment{
			FulfillmentId: s.fulfillment, OrderId: s.order, NodeId: "EAST",
			Lines: []*fulfillmentv1.FulfillmentLine{{LineNumber: 1, Sku: "FLOUR", Requested: 25, Scale: 1, BaseUnit: "KG"}},
		}}),
		w.event(&fulfillmentv1.ShipmentShipped{ShipmentId: s.shipment, Shipment: &fulfillmentv1.Shipment{
			ShipmentId: s.shipment, FulfillmentId: s.fulfillment, OrderId: s.order, NodeId: "EAST", Carrier: "DHL",
			TrackingNumber: "77", Lines: []*fulfillmentv1.ShipmentLine{line},
		}}, func(e *bus.Event) { e.OccurredAt = e.OccurredAt.Add(-time.Hour) }),
		w.event(&billingv1.InvoiceDrafted{InvoiceId: s.invoice, OrderId: s.order, ShipmentId: s.shipment}),
		w.event(&billingv1.TaxDeferred{InvoiceId: s.invoice, Reason: "TAX_UNAVAILABLE", Attempts: 2}),
		w.event(&billingv1.InvoiceIssued{InvoiceId: s.invoice, Invoice: &billingv1.Invoice{
			InvoiceId: s.invoice, InvoiceNumber: "INV-1", OrderId: s.order, ShipmentId: s.shipment, Total: gbp(1500), DueDate: "2026-04-01",
		}}),
		w.event(&billingv1.PaymentRecorded{PaymentId: newID(id.Payment), Payment: &billingv1.Payment{
			Amount: gbp(1500), Reference: "thanks", Applications: []*billingv1.CashApplication{{InvoiceId: s.invoice, AmountMinor: 1500}},
		}}),
		w.event(&billingv1.InvoicePaid{InvoiceId: s.invoice, OrderId: s.order, SettledBy: "PAID"}),
		w.event(&orderv1.OrderCompleted{OrderId: s.order}),
	}
	return s
}

// told is a timeline as "<number of the cause> sentence", with numbers from 1.
func told(reply *operationsv1.GetTimelineResponse) []string {
	numbers := map[string]string{"": ""}
	var lines []string
	for i, entry := range reply.GetEntries() {
		numbers[entry.GetEventId()] = strings.Repeat("i", i+1)
		lines = append(lines, numbers[entry.GetCausedBy()]+"→"+entry.GetSentence())
	}
	return lines
}

func TestTimelineTellsTheWholeStory(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	other := w.story("P2", "PO-8")
	w.hear(append(s.events, other.events...)...)
	for _, name := range []string{s.order, "PO-7"} {
		reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: name}))
		want := []string{
			"→Order PO-7 of customer ACME was received by edi: 1 line, 12.50 GBP before tax",
			"i→Stock was set aside: FLOUR in EAST",
			"→The order was accepted",
			"iii→EAST is to ship 2.5 KG of FLOUR",
			"iiii→2.5 KG of FLOUR left EAST with DHL as 77",
			"iiiii→The shipment is being invoiced",
			"iiiiii→The invoice waits after 2 tries: TAX_UNAVAILABLE",
			"iiiiii→Invoice INV-1 was issued: 15.00 GBP, due 2026-04-01",
			"→A payment of 15.00 GBP came for thanks",
			"iiiiiiii→Nothing is owed on the invoice any more: PAID",
			"→The order was completed: nothing of it remains",
		}
		if diff := cmp.Diff(want, told(reply)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if reply.GetOrderId() != s.order || reply.GetPartnerId() != "P1" || reply.GetExternalOrderId() != "PO-7" {
			t.Errorf("order %v", reply)
		}
		shipped := reply.GetEntries()[4]
		if apart := shipped.GetRecordedAt().AsTime().Sub(shipped.GetOccurredAt().AsTime()); apart != time.Hour {
			t.Errorf("the clocks are %v apart", apart)
		}
	}
}

func TestTimelineOfWhatWasKnown(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	w.hear(s.events...)
	for i, event := range s.events {
		reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{
			Order: s.order, AsKnownAt: timestamppb.New(event.RecordedAt),
		}))
		if got := len(reply.GetEntries()); got != i+1 {
			t.Errorf("at event %d %d were known", i+1, got)
		}
	}
}

func TestTimelineComesInPages(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	w.hear(s.events...)
	request := &operationsv1.GetTimelineRequest{Order: s.order, PageSize: 4}
	var got []string
	for pages := 0; ; pages++ {
		reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), request))
		for _, entry := range reply.GetEntries() {
			got = append(got, entry.GetEventId())
		}
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			if pages != 2 {
				t.Errorf("%d pages", pages+1)
			}
			break
		}
	}
	var want []string
	for _, event := range s.events {
		want = append(want, event.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: s.order, PageToken: "x"}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a foreign token: %v", err)
	}
}

func TestPartnersSeeTheirOwnAndNoInternals(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	hold := w.event(&orderv1.OrderHeld{OrderId: s.order, Hold: &orderv1.Hold{
		Type: orderv1.HoldType_HOLD_TYPE_MANUAL, Message: "look at it", Actor: "ann",
	}})
	w.hear(append(s.events, hold)...)
	as := func(partner, order string) (*operationsv1.GetTimelineResponse, error) {
		ctx := rpc.WithIdentity(t.Context(), rpc.Identity{Principal: "key-1", Partner: partner, Scopes: []string{"orders.read"}})
		return w.gateway.GetTimeline(ctx, &operationsv1.GetTimelineRequest{Order: order})
	}
	reply := ok[*operationsv1.GetTimelineResponse](t)(as("P1", "PO-7"))
	want := []string{
		"→Order PO-7 of customer ACME was received by edi: 1 line, 12.50 GBP before tax",
		"→The order was accepted",
		"→2.5 KG of FLOUR left EAST with DHL as 77",
		"→Invoice INV-1 was issued: 15.00 GBP, due 2026-04-01",
		"iiii→Nothing is owed on the invoice any more: PAID",
		"→The order was completed: nothing of it remains",
		"→The order was put on hold for MANUAL: look at it",
	}
	if diff := cmp.Diff(want, told(reply)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, entry := range reply.GetEntries() {
		if entry.GetActor() != "" {
			t.Errorf("the partner learned of %q", entry.GetActor())
		}
	}
	inside := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: s.order}))
	if last := inside.GetEntries()[len(inside.GetEntries())-1]; last.GetActor() != "ann" {
		t.Errorf("the operator did not learn who held it: %v", last)
	}
	for _, order := range []string{"PO-7", s.order} {
		if _, err := as("P2", order); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another partner asked for %s: %v", order, err)
		}
	}
}

func TestNumbersMayBeAmbiguous(t *testing.T) {
	w := newWorld(t)
	one, two := w.story("P1", "PO-7"), w.story("P2", "PO-7")
	w.hear(append(one.events, two.events...)...)
	_, err := w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: "PO-7"})
	if found, ok := fault.As(err); !ok || found.Reason != "ORDER_AMBIGUOUS" || found.Meta["order_ids"] != one.order+" "+two.order {
		t.Errorf("got %v", err)
	}
	if _, err := w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: "PO-9"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown number: %v", err)
	}
}

// In whatever order, and however often, aggregates' events come, and in whatever sets: the timelines are the same bytes.
func TestTimelineDoesNotDependOnArrival(t *testing.T) {
	w := newWorld(t)
	one, two := w.story("P1", "PO-7"), w.story("P2", "PO-8")
	events := slices.Concat(one.events, two.events)
	w.hear(events...)
	want := dump(t, w.service, one.order, two.order)
	if !strings.Contains(want, "A payment of") {
		t.Fatalf("the dump holds no payment:\n%s", want)
	}
	for round := range uint64(6) {
		random := rand.New(rand.NewPCG(7, round))
		service := w.newService(databasetest.New(t, Migrations))
		shuffled := slices.Clone(events)
		shuffled = append(shuffled, events[random.IntN(len(events))])
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for len(shuffled) > 0 {
			n := 1 + random.IntN(min(4, len(shuffled)))
			hear(t, service, shuffled[:n]...)
			shuffled = shuffled[n:]
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(dump(t, service, one.order, two.order), "\n")); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
	}
}
