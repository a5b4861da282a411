package operations

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// retellingStock counts how often it is asked to tell everything anew.
type retellingStock struct {
	inventoryv1.UnimplementedInventoryServiceServer
	asked int
	fail  error
}

func (f *retellingStock) RetellAvailability(context.Context, *inventoryv1.RetellAvailabilityRequest) (*inventoryv1.RetellAvailabilityResponse, error) {
	f.asked++
	return &inventoryv1.RetellAvailabilityResponse{Stocks: 7}, f.fail
}

// rebuilder is a world with everything that a rebuild needs.
type rebuilder struct {
	*world
	stock  *retellingStock
	orders *fakeOrders
	client operationsv1.RebuildServiceClient
	calls  int
}

func newRebuilder(t *testing.T) *rebuilder {
	t.Helper()
	r := &rebuilder{world: newWorld(t), stock: &retellingStock{}, orders: &fakeOrders{}}
	r.withOrders(r.orders)
	r.service.stock = inventoryv1.NewInventoryServiceClient(serveTo(t, "operations", func(on grpc.ServiceRegistrar) {
		inventoryv1.RegisterInventoryServiceServer(on, r.stock)
	}))
	r.client = operationsv1.NewRebuildServiceClient(r.serve("operator"))
	return r
}

func (r *rebuilder) rebuild() *operationsv1.RebuildReadSideResponse {
	r.t.Helper()
	r.calls++
	reply := ok[*operationsv1.RebuildReadSideResponse](r.t)(r.client.RebuildReadSide(r.t.Context(), &operationsv1.RebuildReadSideRequest{
		RequestId: fmt.Sprint("rebuild-", r.calls), Reason: "to see", Actor: "ann",
	}))
	r.sound()
	return reply
}

// mended is what a rebuild put right: links, shipments, exceptions, troubles.
func mended(reply *operationsv1.RebuildReadSideResponse) [4]int64 {
	return [4]int64{reply.GetLinksMended(), reply.GetShipmentsMended(), reply.GetExceptionsMended(), reply.GetTroublesTaken()}
}

// day fills the tables: two orders from end to end, one whose invoice is late, holds that were lifted, by the order's service and
// by people, one that was seen again and is somebody's, and a dispute.
func (r *rebuilder) day() (orders []string) {
	r.t.Helper()
	one, two, late := r.story("P1", "PO-7"), r.story("P2", "PO-8"), r.story("P1", "PO-9")
	r.hear(one.events...)
	r.hear(two.events[:6]...)
	r.hear(two.events[6:]...)
	r.hear(append(late.events[:5:5], late.events[len(late.events)-1])...)
	r.tell(&billingv1.InvoiceDisputeChanged{InvoiceId: one.invoice, OrderId: one.order, Disputed: true, Reason: "too dear"})
	r.tell(held(one.order), &orderv1.OrderHoldReleased{OrderId: one.order, Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "fine"})
	r.tell(held(one.order)) // and a person ends it again
	r.tell(held(two.order))
	r.tell(held(two.order), held(two.order))
	r.tell(held(late.order))
	r.forward(time.Hour)
	owning := make(chan error, 1)
	ctx, stop := context.WithCancel(r.t.Context())
	go func() { owning <- r.service.owner.Run(ctx) }()
	for !r.service.owner.Leases().Holds(0) {
		<-r.service.owner.Changed()
	}
	if _, err := r.service.lateInvoices(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	stop()
	if err := <-owning; err != nil {
		r.t.Fatal(err)
	}
	for _, exception := range r.exceptions(&operationsv1.ListExceptionsRequest{Class: "HOLD_CREDIT"}) {
		if exception.GetOrderId() == two.order {
			ok[*operationsv1.AssignExceptionResponse](r.t)(r.operator.AssignException(r.t.Context(), &operationsv1.AssignExceptionRequest{
				RequestId: "assign", ExceptionId: exception.GetExceptionId(), Assignee: "bob", Actor: "ann", Reason: "his customer",
			}))
			continue
		}
		ok[*operationsv1.ResolveExceptionResponse](r.t)(r.operator.ResolveException(r.t.Context(), &operationsv1.ResolveExceptionRequest{
			RequestId: "resolve" + exception.GetExceptionId(), ExceptionId: exception.GetExceptionId(), Reason: "they pay", Actor: "ann",
			Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_ACCEPT,
		}))
	}
	// The end of what a person has ended already, and of what the clock has not seen yet.
	r.tell(&orderv1.OrderHoldReleased{OrderId: late.order, Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "they pay"})
	return []string{one.order, two.order, late.order}
}

// bytesOf is everything that is read, and all that people did: what is derived from events and what is not.
func (r *rebuilder) bytesOf(orders []string) string {
	r.t.Helper()
	text := dump(r.t, r.service, orders...)
	for _, table := range []string{"event_link", "awaited_invoice", "exception", "exception_step", "exception_command", "trouble_event"} {
		rows, err := r.db.Pool().Query(r.t.Context(), "SELECT row_to_json(t)::text FROM "+table+" AS t ORDER BY 1")
		if err != nil {
			r.t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			r.t.Fatal(err)
		}
		if len(lines) == 0 {
			r.t.Errorf("%s is empty: nothing is shown by that", table)
		}
		text += table + "\n" + strings.Join(lines, "\n") + "\n"
	}
	return text
}

func (r *rebuilder) same(want string, orders []string) {
	r.t.Helper()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(r.bytesOf(orders), "\n")); diff != "" {
		r.t.Errorf("(-before +after):\n%s", diff)
	}
}

// A rebuild of what is right changes not a byte; of what was lost or is wrong it gives the same bytes as before.
func TestRebuildGivesTheSameBytes(t *testing.T) {
	r := newRebuilder(t)
	orders := r.day()
	want, told := r.bytesOf(orders), r.count("outbox")
	if reply := r.rebuild(); mended(reply) != [4]int64{} || reply.GetEvents() == 0 || reply.GetStocksTold() != 7 {
		t.Errorf("of what is right: %v", reply)
	}
	r.same(want, orders)
	for _, damage := range []string{
		"DELETE FROM event_link",
		"DELETE FROM event_link WHERE name LIKE 'inv_%'",
		"DELETE FROM awaited_invoice",
		"UPDATE awaited_invoice SET invoiced = false, node_id = 'NOWHERE', shipped_at = NULL",
		"UPDATE awaited_invoice SET node_id = 'NOWHERE'",
		"UPDATE awaited_invoice SET order_id = 'ord_1'",
		"UPDATE awaited_invoice SET shipped_at = shipped_at + INTERVAL '1 hour'",
		"UPDATE exception SET message = 'wrong', partner_id = 'P9', times_seen = 99, context = '{}', last_seen_at = first_seen_at, order_id = '' WHERE class <> 'SHIPPED_NOT_INVOICED'",
		"UPDATE exception SET subject_id = '', node_id = 'X', reason = '', first_seen_at = first_seen_at + INTERVAL '1 hour' WHERE class = 'HOLD_CREDIT'",
		"DELETE FROM trouble_event",
	} {
		result, err := r.db.Pool().Exec(t.Context(), damage)
		if err != nil || result.RowsAffected() == 0 {
			t.Fatalf("%s: %v, %d rows", damage, err, result.RowsAffected())
		}
		reply := r.rebuild()
		if mended(reply) == [4]int64{} && damage != "DELETE FROM trouble_event" {
			t.Errorf("%s: nothing was mended", damage)
		}
		r.same(want, orders)
	}
	if now := r.count("outbox"); now != told {
		t.Errorf("%d events were told of what had been told", now-told)
	}
}

// Events that were kept and not handled are taken: what they open is opened, what has ended meanwhile is not, and what they end
// is ended.
func TestRebuildTakesWhatWasMissed(t *testing.T) {
	r := newRebuilder(t)
	r.day()
	stuck, over, opened := newID(id.Order), newID(id.Order), newID(id.Order)
	aside := func(payload proto.Message) {
		event := r.event(payload)
		_, err := database.Tx(t.Context(), r.db, "aside", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, r.service.keepOnly(t.Context(), tx, inbox.Read(event, 0))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	aside(held(stuck))
	aside(held(over))
	r.tell(&orderv1.OrderHoldReleased{OrderId: over, Type: orderv1.HoldType_HOLD_TYPE_CREDIT})
	r.tell(held(opened))
	aside(&orderv1.OrderCancelled{OrderId: opened})
	if reply := r.rebuild(); reply.GetTroublesTaken() != 2 {
		t.Errorf("took %v", reply)
	}
	for order, want := range map[string]int{stuck: 1, over: 0, opened: 0} {
		if open := r.exceptions(&operationsv1.ListExceptionsRequest{OrderId: order}); len(open) != want {
			t.Errorf("open of %s: %v, want %d", order, open, want)
		}
	}
	if reply := r.rebuild(); mended(reply) != [4]int64{} {
		t.Errorf("the second time: %v", reply)
	}
}

// What is kept while a rebuild goes through the archive counts: an exception that is seen again meanwhile keeps that.
func TestRebuildTakesWhatComesMeanwhile(t *testing.T) {
	r := newRebuilder(t)
	order := newID(id.Order)
	r.tell(held(order))
	open := ok[[]string](t)(store.OpenKeys(t.Context(), r.db.Pool()))
	work := rebuild{Service: r.service, ledger: domain.NewLedger(open)}
	if err := eachSegment(t.Context(), r.db.Pool(), func(segment store.Segment) error { return work.segment(t.Context(), segment) }); err != nil {
		t.Fatal(err)
	}
	r.tell(held(order))
	if err := work.mend(t.Context(), work.ledger.Keys()); err != nil {
		t.Fatal(err)
	}
	if seen := r.exceptions(&operationsv1.ListExceptionsRequest{OrderId: order}); len(seen) != 1 || seen[0].GetCount() != 2 || work.exceptions != 0 {
		t.Errorf("%d mended: %v", work.exceptions, seen)
	}
}

// The archive does not hold all of what was said of an exception that was opened before it begins: that one is left alone.
func TestRebuildLeavesAloneWhatIsOlderThanTheArchive(t *testing.T) {
	r := newRebuilder(t)
	order := newID(id.Order)
	r.tell(held(order))
	for _, damage := range []string{
		"UPDATE exception SET message = 'by hand', first_seen_at = first_seen_at - INTERVAL '1 year'", "DELETE FROM trouble_event",
	} {
		if _, err := r.db.Pool().Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
	}
	if reply := r.rebuild(); mended(reply) != [4]int64{} {
		t.Errorf("mended %v", reply)
	}
	if open := r.exceptions(&operationsv1.ListExceptionsRequest{OrderId: order}); len(open) != 1 || open[0].GetMessage() != "by hand" {
		t.Errorf("left %v", open)
	}
}

// Only what is billed is awaited: not a shipment of which nothing was ordered.
func TestUnplannedShipmentsAwaitNoInvoice(t *testing.T) {
	shipped := func(unplanned ...bool) inbox.Message {
		shipment := &fulfillmentv1.Shipment{OrderId: "ord_1", NodeId: "N1"}
		for _, one := range unplanned {
			shipment.Lines = append(shipment.Lines, &fulfillmentv1.ShipmentLine{Unplanned: one})
		}
		return inbox.Message{RecordedAt: start, Payload: &fulfillmentv1.ShipmentShipped{ShipmentId: "shp_1", Shipment: shipment}}
	}
	want := &store.Awaited{Shipment: "shp_1", Order: "ord_1", Node: "N1", ShippedAt: start}
	for name, c := range map[string]struct {
		message inbox.Message
		want    *store.Awaited
	}{
		"planned": {shipped(false), want}, "both": {shipped(true, false), want}, "unplanned": {shipped(true, true), nil},
	} {
		left, issued := awaitedOf(c.message)
		if diff := cmp.Diff(c.want, left); diff != "" || issued != nil {
			t.Errorf("%s: %v %s", name, issued, diff)
		}
	}
}

// Who asked is kept, a repeat gives what came of it, and one that was cut off goes on.
func TestRebuildIsKeptAndRepeated(t *testing.T) {
	r := newRebuilder(t)
	r.day()
	request := &operationsv1.RebuildReadSideRequest{RequestId: "r1", Reason: "a defect", Actor: "ann"}
	r.stock.fail = fault.New(fault.Unavailable, "UNAVAILABLE", "later")
	if _, err := r.client.RebuildReadSide(t.Context(), request); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("while inventory is away: %v", err)
	}
	r.stock.fail = nil
	first := ok[*operationsv1.RebuildReadSideResponse](t)(r.client.RebuildReadSide(t.Context(), request))
	asked := r.stock.asked
	again := ok[*operationsv1.RebuildReadSideResponse](t)(r.client.RebuildReadSide(t.Context(), request))
	if !proto.Equal(first, again) || r.stock.asked != asked {
		t.Errorf("the repeat: %v, before %v", again, first)
	}
	var actor, reason string
	var ended bool
	err := r.db.Pool().QueryRow(t.Context(), "SELECT actor, reason, finished_at IS NOT NULL FROM rebuild").Scan(&actor, &reason, &ended)
	if err != nil || actor != "ann" || reason != "a defect" || !ended {
		t.Errorf("kept: %q %q %v, %v", actor, reason, ended, err)
	}
	request.Reason = "another"
	if _, err := r.client.RebuildReadSide(t.Context(), request); fault.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("the key for another: %v", err)
	}
}
