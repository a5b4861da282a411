package order

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

func lineTo(number int32, quantity string) *orderv1.AmendLine {
	return &orderv1.AmendLine{LineNumber: number, Quantity: &commonv1.Quantity{Value: quantity}}
}

// tryAmend amends an order and waits for the decision.
func (w *world) tryAmend(order *orderv1.Order, request string, change func(*orderv1.AmendOrderRequest)) (*orderv1.AmendOrderResponse, error) {
	w.t.Helper()
	req := &orderv1.AmendOrderRequest{
		RequestId: request, OrderId: order.GetOrderId(), Reason: "the customer rang", Wait: durationpb.New(20 * time.Second),
	}
	change(req)
	return w.client.AmendOrder(w.t.Context(), req)
}

func (w *world) amend(order *orderv1.Order, request string, change func(*orderv1.AmendOrderRequest)) *orderv1.AmendOrderResponse {
	w.t.Helper()
	reply, err := w.tryAmend(order, request, change)
	if err != nil {
		w.t.Fatalf("AmendOrder: %v", err)
	}
	return reply
}

func lines(lines ...*orderv1.AmendLine) func(*orderv1.AmendOrderRequest) {
	return func(req *orderv1.AmendOrderRequest) { req.Lines = lines }
}

// wantSnapshot: the credit is claimed for the order as it is.
func (w *world) wantSnapshot(order *orderv1.Order) {
	w.t.Helper()
	accepted := reconciletest.Read(w.t, w.db, Figures(), "order.snapshot")
	w.billing.mu.Lock()
	defer w.billing.mu.Unlock()
	credit := w.billing.claims[w.billing.active[order.GetOrderId()]]
	if credit == nil || !slices.ContainsFunc(accepted, func(one reconcile.Entry) bool {
		return one.Subject == order.GetOrderId() && one.Value == hex.EncodeToString(credit.hash)
	}) {
		w.t.Errorf("billing has the snapshot %v of another revision than the order", credit)
	}
}

func TestAmendedUpAndDownWithFurtherLines(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	w.inventory.AddStock("ITEM-2", "LEEDS", 20)
	w.inventory.AddStock("ITEM-3", "YORK", 2)
	order := w.submit(request(want{"ITEM-1", 5}, want{"ITEM-2", 4}))
	w.settle()
	reply := w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines = []*orderv1.AmendLine{lineTo(1, "8"), lineTo(2, "1")}
		req.AddedLines = []*orderv1.AddLine{
			{Sku: "item-3", Quantity: &commonv1.Quantity{Value: "3"}}, {Sku: "FREIGHT", Quantity: &commonv1.Quantity{Value: "1"}, UnitPrice: "9"},
		}
	})
	if got := reply.GetOutcomes(); reply.GetPending() || len(got) != 1 || got[0].GetRequested() != "3" {
		t.Errorf("%v, want 3 asked of the warehouse", reply)
	}
	w.settle()
	order = w.get(order)
	if order.GetRevision() != 1 || len(order.GetLines()) != 4 || order.GetNetTotal().GetMinorUnits() != (8+4+3)*250+900 {
		t.Fatalf("order %v, want revision 1 with four lines for 46.50", order)
	}
	a, b, c := order.GetLines()[0], order.GetLines()[1], order.GetLines()[2]
	if a.GetOrdered() != "8" || a.GetReleased() != "8" || b.GetOrdered() != "4" || b.GetCancelled() != "3" || b.GetReleased() != "1" ||
		c.GetReleased() != "2" || c.GetBackordered() != "1" {
		t.Errorf("lines %v, %v, %v", a, b, c)
	}
	w.wantSnapshot(order)
	w.verify()
	w.inventory.AddStock("ITEM-3", "HULL", 1)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()

	revisions, err := w.client.ListOrderRevisions(t.Context(), &orderv1.ListOrderRevisionsRequest{OrderId: order.GetOrderId(), PageSize: 1})
	if err != nil || len(revisions.GetRevisions()) != 1 || revisions.GetRevisions()[0].GetRevision() != 0 {
		t.Fatalf("%v, %v, want the order as it was received", revisions, err)
	}
	revisions, err = w.client.ListOrderRevisions(t.Context(), &orderv1.ListOrderRevisionsRequest{
		OrderId: order.GetOrderId(), PageToken: revisions.GetNextPageToken(),
	})
	if err != nil || len(revisions.GetRevisions()) != 1 {
		t.Fatalf("%v, %v, want one more", revisions, err)
	}
	if got := revisions.GetRevisions()[0]; got.GetReason() != "the customer rang" || got.GetActor() == "" ||
		got.GetLines()[0].GetOrdered() != "8" || got.GetCreatedAt() == nil {
		t.Errorf("revision %v", got)
	}
	for _, number := range []int32{0, 1} {
		whole, err := w.service.GetPricedOrder(t.Context(), &orderv1.GetPricedOrderRequest{OrderId: order.GetOrderId(), Revision: number})
		if err != nil || whole.GetOrder().GetOrderId() != order.GetOrderId() || whole.GetOrder().GetRevision() != number {
			t.Errorf("revision %d whole: %v, %v", number, whole, err)
		}
	}
	if _, err := w.service.GetPricedOrder(t.Context(), &orderv1.GetPricedOrderRequest{OrderId: order.GetOrderId(), Revision: 2}); err == nil {
		t.Error("a revision that there is not")
	}
	if got := w.announced(order, "order.order.amended"); got != 1 {
		t.Errorf("%d times told that it was amended, want once", got)
	}
}

func TestAmendmentRefusedByCreditChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	before := w.get(order)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	for range 2 {
		if _, err := w.tryAmend(order, "a1", lines(lineTo(1, "50"))); fault.ReasonOf(err) != "CREDIT_LIMIT" {
			t.Errorf("error %v, want CREDIT_LIMIT, also of a repeat", err)
		}
	}
	w.settle()
	after := w.get(order)
	after.Etag = before.GetEtag()
	if !proto.Equal(before, after) {
		t.Errorf("the order changed from %v to %v", before, after)
	}
	w.wantSnapshot(order)
	w.amend(order, "a2", lines(lineTo(1, "2"))) // asks for no credit
	w.settle()
	w.verify()
	w.wantSnapshot(order)
}

func TestAmendmentIsDecidedLaterAndRepeated(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.troubles.set(func(method string) trouble {
		if method == "ClaimCredit" {
			return replyLost
		}
		return none
	})
	up := func(req *orderv1.AmendOrderRequest) {
		req.Lines, req.Wait = []*orderv1.AmendLine{lineTo(1, "7")}, noWait
	}
	if reply := w.amend(order, "a1", up); !reply.GetPending() || reply.GetOrder().GetLines()[0].GetOrdered() != "5" {
		t.Fatalf("%v, want it pending", reply)
	}
	if _, err := w.tryAmend(order, "a2", lines(lineTo(1, "9"))); fault.ReasonOf(err) != "AMENDMENT_PENDING" {
		t.Errorf("error %v, want AMENDMENT_PENDING", err)
	}
	w.troubles.set(nil)
	reply := w.amend(order, "a1", lines(lineTo(1, "7")))
	if reply.GetPending() || reply.GetOrder().GetLines()[0].GetOrdered() != "7" {
		t.Errorf("%v, want it taken", reply)
	}
	w.settle()
	w.verify()
	if reply := w.amend(order, "a1", up); reply.GetPending() || reply.GetOrder().GetRevision() != 1 {
		t.Errorf("a repeat got %v", reply)
	}
}

// The order ends while the credit is asked for: the claim is undone.
func TestTheOrderOutrunsItsAmendment(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.troubles.set(func(method string) trouble {
		if method == "ClaimCredit" {
			return notDone
		}
		return none
	})
	w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines, req.Wait = []*orderv1.AmendLine{lineTo(1, "7")}, noWait
	})
	w.cancel(order)
	w.eventually("it is cancelled", func() bool {
		w.hear()
		return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_CANCELLED
	})
	w.troubles.set(nil)
	if _, err := w.tryAmend(order, "a1", lines(lineTo(1, "7"))); fault.ReasonOf(err) != "ORDER_ENDED" {
		t.Errorf("error %v, want ORDER_ENDED", err)
	}
	w.settle()
	w.verify()
}

func TestHeldOrderIsAmendedAtOnceAndToldWhenAccepted(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	order := w.submit(request(want{"ITEM-1", 5}))
	reply := w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines = []*orderv1.AmendLine{lineTo(1, "3")}
		req.ShipTo = &commonv1.Address{Name: "ACME", City: "Hull", CountryCode: "GB"}
		req.AddedLines = []*orderv1.AddLine{{Sku: "ITEM-1", Quantity: &commonv1.Quantity{Value: "1", Unit: "CS"}}}
	})
	if got := reply.GetOrder(); reply.GetPending() || got.GetRevision() != 1 || got.GetShipTo().GetCity() != "Hull" {
		t.Errorf("%v, want it changed at once", reply)
	}
	if got := w.announced(order, "order.order.amended"); got != 0 {
		t.Errorf("told %d times before it is accepted", got)
	}
	if _, err := w.releaseHold(order, "r1"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	order = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	if a, b := order.GetLines()[0], order.GetLines()[1]; a.GetReleased() != "3" || a.GetCancelled() != "2" || b.GetReleased() != "12" {
		t.Errorf("lines %v and %v", a, b)
	}
	if got := w.announced(order, "order.order.amended"); got != 1 {
		t.Errorf("told %d times, want once, with its acceptance", got)
	}
	w.wantSnapshot(order)
	w.verify()
}

func TestAmendedPricesAddressAndDay(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	later := w.clock.now().Add(96 * time.Hour).UTC().Format(time.DateOnly)
	req := request(want{"ITEM-1", 5}, want{"ITEM-2", 2})
	req.NotBefore = later
	order := w.submit(req)
	w.settle()
	tomorrow := w.clock.now().Add(24 * time.Hour).UTC().Format(time.DateOnly)
	reply := w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines = []*orderv1.AmendLine{{LineNumber: 1, UnitPrice: "2.4"}}
		req.ShipTo = &commonv1.Address{Name: "ACME", City: "York", CountryCode: "GB"}
		req.NotBefore = &tomorrow
	})
	got := reply.GetOrder()
	if got.GetNetTotal().GetMinorUnits() != 5*240+500 || got.GetShipTo().GetCity() != "York" || got.GetNotBefore() != tomorrow ||
		got.GetLines()[0].GetPriceSource() != "AGREED" {
		t.Errorf("order %v, want it at 17.00 to York from tomorrow", got)
	}
	w.settle()
	w.wantSnapshot(order)
	w.clock.forward(24 * time.Hour)
	w.eventually("it is handed over on the earlier day", func() bool {
		return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_RELEASED
	})
	w.settle()
	if _, err := w.tryAmend(order, "a2", lines(&orderv1.AmendLine{LineNumber: 1, UnitPrice: "2"})); fault.ReasonOf(err) != "LINE_MOVED" {
		t.Errorf("error %v, want LINE_MOVED", err)
	}
	_, err := w.tryAmend(order, "a3", func(req *orderv1.AmendOrderRequest) { req.ShipTo = &commonv1.Address{City: "Bath", CountryCode: "GB"} })
	if fault.ReasonOf(err) != "ORDER_MOVED" {
		t.Errorf("error %v, want ORDER_MOVED", err)
	}
	w.amend(order, "a4", lines(&orderv1.AmendLine{LineNumber: 2, UnitPrice: "2"})) // nothing of it has moved
	w.settle()
	w.verify()
}

func TestAmendRefusesNonsense(t *testing.T) {
	w := newWorld(t)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	for _, test := range []struct {
		name, reason, field string
		change              func(*orderv1.AmendOrderRequest)
	}{
		{"nothing", "NOTHING_TO_CHANGE", "lines", lines(lineTo(1, "5"))},
		{"another etag", "ETAG_MISMATCH", "etag", func(r *orderv1.AmendOrderRequest) { r.Etag, r.Lines = "77", []*orderv1.AmendLine{lineTo(1, "6")} }},
		{"no such line", "LINE_UNKNOWN", "lines[0].line_number", lines(lineTo(2, "5"))},
		{"a line twice", "LINE_TWICE", "lines[1].line_number", lines(lineTo(1, "5"), lineTo(1, "6"))},
		{"half a piece", "UOM_NOT_DIVISIBLE", "lines[0].quantity.value", lines(lineTo(1, "5.5"))},
		{"no date", "DATE_INVALID", "not_before", func(r *orderv1.AmendOrderRequest) { r.NotBefore = proto.String("2026-02-30") }},
		{"unknown item", "UNKNOWN_ITEM", "added_lines[0].sku", func(r *orderv1.AmendOrderRequest) {
			r.AddedLines = []*orderv1.AddLine{{Sku: "NO", Quantity: &commonv1.Quantity{Value: "1"}}}
		}},
	} {
		_, err := w.tryAmend(order, "a-"+test.name, test.change)
		refusal, ok := fault.As(err)
		if !ok || refusal.Reason != test.reason || len(refusal.Fields) == 0 || refusal.Fields[0].Path != test.field {
			t.Errorf("%s: %v, want %s at %s", test.name, err, test.reason, test.field)
		}
	}
}

// announced counts the events of a type about an order.
func (w *world) announced(order *orderv1.Order, message string) int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM outbox WHERE aggregate = $1 AND encode(envelope, 'escape') LIKE '%' || $2 || '%'`, order.GetOrderId(), message)
}

// The line is handed over while its new price is decided on. The next amendment is one of the same revision: it must not be
// claimed before the claim of the first one is undone.
func TestRefusedAmendmentKeepsOthersOutUntilItIsUndone(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	req := request(want{"ITEM-1", 5})
	req.NotBefore = w.clock.now().Add(96 * time.Hour).UTC().Format(time.DateOnly)
	order := w.submit(req)
	w.settle()
	down := "ClaimCredit"
	w.troubles.set(func(method string) trouble {
		if method == down {
			return notDone
		}
		return none
	})
	w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines, req.Wait = []*orderv1.AmendLine{{LineNumber: 1, UnitPrice: "2.4"}}, noWait
	})
	w.clock.forward(96 * time.Hour)
	w.eventually("it is handed over", func() bool {
		return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_RELEASED
	})
	w.troubles.mu.Lock()
	down = "ReleaseCredit"
	w.troubles.mu.Unlock()
	w.clock.forward(time.Hour) // it was stuck meanwhile
	if _, err := w.tryAmend(order, "a1", lines(&orderv1.AmendLine{LineNumber: 1, UnitPrice: "2.4"})); fault.ReasonOf(err) != "LINE_MOVED" {
		t.Fatalf("error %v, want LINE_MOVED", err)
	}
	if _, err := w.tryAmend(order, "a2", lines(lineTo(1, "8"))); fault.ReasonOf(err) != "AMENDMENT_PENDING" {
		t.Errorf("error %v, want AMENDMENT_PENDING while the claim of the first one stands", err)
	}
	w.troubles.set(nil)
	w.clock.forward(time.Hour)
	w.settle()
	w.wantSnapshot(order)
	w.amend(order, "a3", lines(lineTo(1, "8")))
	w.settle()
	w.verify()
	w.wantSnapshot(order)
}
