package operations

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// fakeOrders takes down what it is asked.
type fakeOrders struct {
	orderv1.UnimplementedOrderServiceServer
	mu       sync.Mutex
	released []*orderv1.ReleaseHoldRequest
	fail     error
}

func (f *fakeOrders) ReleaseHold(_ context.Context, req *orderv1.ReleaseHoldRequest) (*orderv1.ReleaseHoldResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, req)
	return &orderv1.ReleaseHoldResponse{}, f.fail
}

func (w *world) withOrders(orders *fakeOrders) {
	w.t.Helper()
	w.service.orders = orderv1.NewOrderServiceClient(serveTo(w.t, "operations", func(on grpc.ServiceRegistrar) {
		orderv1.RegisterOrderServiceServer(on, orders)
	}))
}

func held(order string) *orderv1.OrderHeld {
	return &orderv1.OrderHeld{OrderId: order, Hold: &orderv1.Hold{Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "CREDIT_LIMIT", Message: "over the limit"}}
}

func (w *world) exceptions(request *operationsv1.ListExceptionsRequest) []*operationsv1.OperationsException {
	w.t.Helper()
	return ok[*operationsv1.ListExceptionsResponse](w.t)(w.operator.ListExceptions(w.t.Context(), request)).GetExceptions()
}

func TestHoldOpensOneExceptionAndItsEndClosesIt(t *testing.T) {
	w := newWorld(t)
	order := newID(id.Order)
	w.tell(&orderv1.OrderReceived{OrderId: order, Order: &orderv1.PricedOrder{PartnerId: "P1"}})
	w.tell(held(order), held(order))
	open := w.exceptions(&operationsv1.ListExceptionsRequest{OrderId: order})
	if len(open) != 1 || open[0].GetClass() != "HOLD_CREDIT" || open[0].GetCount() != 2 || open[0].GetQueue() != "finance" ||
		open[0].GetPartnerId() != "P1" || open[0].GetState() != operationsv1.ExceptionState_EXCEPTION_STATE_OPEN {
		t.Fatalf("got %v", open)
	}
	if due := open[0].GetDueAt().AsTime().Sub(w.now()); due != 4*time.Hour {
		t.Errorf("due in %v", due)
	}
	w.tell(&orderv1.OrderHoldReleased{OrderId: order, Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "fine"})
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 0 {
		t.Fatalf("still open: %v", left)
	}
	w.tell(held(order))
	again := w.exceptions(&operationsv1.ListExceptionsRequest{})
	if len(again) != 1 || again[0].GetExceptionId() != open[0].GetExceptionId() || again[0].GetCount() != 3 {
		t.Fatalf("again: %v", again)
	}
	w.tell(&orderv1.OrderCancelled{OrderId: order})
	shown := ok[*operationsv1.GetExceptionResponse](t)(w.operator.GetException(t.Context(), &operationsv1.GetExceptionRequest{ExceptionId: again[0].GetExceptionId()}))
	if shown.GetException().GetState() != operationsv1.ExceptionState_EXCEPTION_STATE_RESOLVED || len(shown.GetSteps()) != 4 || len(shown.GetException().GetActions()) != 0 {
		t.Errorf("in the end: %v", shown)
	}
	w.sound()
	if told := w.count("outbox"); told != 4 {
		t.Errorf("%d events were told, want opened, resolved, opened, resolved", told)
	}
}

func (w *world) count(table string) (n int) {
	w.t.Helper()
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestResolveCarriesOutOnceAndKeepsWhoAndWhy(t *testing.T) {
	w, orders := newWorld(t), &fakeOrders{fail: fault.New(fault.Unavailable, "UNAVAILABLE", "later")}
	w.withOrders(orders)
	order := newID(id.Order)
	w.tell(held(order))
	exception := w.exceptions(&operationsv1.ListExceptionsRequest{})[0].GetExceptionId()
	request := &operationsv1.ResolveExceptionRequest{
		RequestId: "r1", ExceptionId: exception, Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_ACCEPT, Reason: "they pay", Actor: "ann",
	}
	if _, err := w.operator.ResolveException(t.Context(), request); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("while orders are away: %v", err)
	}
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 1 {
		t.Fatalf("it was closed although nothing was done: %v", open)
	}
	orders.fail = nil
	for range 2 {
		reply := ok[*operationsv1.ResolveExceptionResponse](t)(w.operator.ResolveException(t.Context(), request))
		if reply.GetStep().GetOutcome() != "DONE" || reply.GetStep().GetActor() != "ann" || reply.GetException().GetResolution() != "ACCEPT: they pay (ann)" {
			t.Errorf("got %v", reply)
		}
	}
	if len(orders.released) != 2 || orders.released[0].GetRequestId() != orders.released[1].GetRequestId() || orders.released[0].GetOrderId() != order {
		t.Errorf("orders were asked %v", orders.released)
	}
	request.Reason = "another"
	if _, err := w.operator.ResolveException(t.Context(), request); fault.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("the key for another command: %v", err)
	}
	request.RequestId = "r2"
	if _, err := w.operator.ResolveException(t.Context(), request); fault.ReasonOf(err) != "EXCEPTION_RESOLVED" {
		t.Errorf("again: %v", err)
	}
}

func TestRefusalsAreKept(t *testing.T) {
	w, orders := newWorld(t), &fakeOrders{fail: fault.New(fault.Precondition, "NOT_HELD", "it is not held")}
	w.withOrders(orders)
	w.tell(held(newID(id.Order)))
	request := &operationsv1.ResolveExceptionRequest{
		RequestId: "r1", ExceptionId: w.exceptions(&operationsv1.ListExceptionsRequest{})[0].GetExceptionId(), Reason: "go",
		Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_ACCEPT,
	}
	for range 2 {
		if _, err := w.operator.ResolveException(t.Context(), request); fault.ReasonOf(err) != "NOT_HELD" {
			t.Fatalf("got %v", err)
		}
	}
	if len(orders.released) != 1 {
		t.Errorf("orders were asked %d times", len(orders.released))
	}
	request.RequestId, request.Action = "r2", operationsv1.ExceptionAction_EXCEPTION_ACTION_SKIP
	if _, err := w.operator.ResolveException(t.Context(), request); fault.ReasonOf(err) != "ACTION_NOT_FITTING" {
		t.Errorf("an action that does not fit: %v", err)
	}
}

func TestAssign(t *testing.T) {
	w := newWorld(t)
	w.tell(held(newID(id.Order)))
	request := &operationsv1.AssignExceptionRequest{
		RequestId: "r1", ExceptionId: w.exceptions(&operationsv1.ListExceptionsRequest{})[0].GetExceptionId(), Assignee: "bob", Actor: "ann",
	}
	for range 2 {
		reply := ok[*operationsv1.AssignExceptionResponse](t)(w.operator.AssignException(t.Context(), request))
		if e := reply.GetException(); e.GetAssignee() != "bob" || e.GetState() != operationsv1.ExceptionState_EXCEPTION_STATE_ASSIGNED {
			t.Errorf("got %v", e)
		}
	}
	if found := w.exceptions(&operationsv1.ListExceptionsRequest{Assignee: "bob"}); len(found) != 1 {
		t.Errorf("bob has %v", found)
	}
}

func TestTaxDeferredIsOverWithTheInvoice(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	w.hear(s.events[:7]...)
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 1 || open[0].GetClass() != "INVOICE_DEFERRED" {
		t.Fatalf("open: %v", open)
	}
	w.tell(&billingv1.InvoiceIssued{InvoiceId: s.invoice, Invoice: &billingv1.Invoice{InvoiceId: s.invoice, OrderId: s.order, ShipmentId: s.shipment}})
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 0 {
		t.Fatalf("open: %v", open)
	}
}

func TestRulesAreChecked(t *testing.T) {
	if err := domain.DefaultRules().Check(); err != nil {
		t.Error(err)
	}
	for name, rules := range map[string]domain.Rules{
		"none": {}, "no last one": {{Queue: "a", Due: 1, MinSeverity: domain.High}}, "two that catch all": {{Queue: "a", Due: 1}, {Queue: "b", Due: 1}},
		"no queue": {{Due: 1}}, "no time": {{Queue: "a"}}, "an unknown class": {{Queue: "a", Due: 1, Classes: []domain.Class{"X"}}, {Queue: "a", Due: 1}},
	} {
		if rules.Check() == nil {
			t.Errorf("%s: nothing was said", name)
		}
	}
	rules := domain.Rules{{Partners: []string{"P1"}, Queue: "key-accounts", Due: time.Minute, Severity: domain.Critical}, {Queue: "rest", Due: time.Hour}}
	if got := rules.Route(domain.Trouble{Class: domain.BlindReturn, Partner: "P1"}); got != (domain.Route{Severity: domain.Critical, Queue: "key-accounts", Due: time.Minute}) {
		t.Errorf("P1: %+v", got)
	}
	if got := rules.Route(domain.Trouble{Class: domain.BlindReturn}); got != (domain.Route{Severity: domain.Medium, Queue: "rest", Due: time.Hour}) {
		t.Errorf("others: %+v", got)
	}
}

// sound runs every check of the service.
func (w *world) sound() {
	w.t.Helper()
	for _, check := range Checks() {
		breaks := ok[[]invariant.Break](w.t)(check.Run(w.t.Context(), w.db))
		if len(breaks) > 0 {
			w.t.Errorf("%s: %v", check.Name, breaks)
		}
	}
}

// Each check finds what it is for.
func TestChecksFind(t *testing.T) {
	for name, defect := range map[string]string{
		"operations.archive":    "DELETE FROM event_segment WHERE segment = 7", // the invoice's second event
		"operations.links":      "DELETE FROM event_link WHERE name LIKE 'inv_%'",
		"operations.exceptions": "UPDATE exception SET steps = steps + 1",
	} {
		w := newWorld(t)
		for _, event := range w.story("P1", "PO-7").events {
			w.hear(event)
		}
		w.sound()
		if _, err := w.db.Pool().Exec(t.Context(), defect); err != nil {
			t.Fatal(err)
		}
		for _, check := range Checks() {
			breaks := ok[[]invariant.Break](t)(check.Run(t.Context(), w.db))
			if found := len(breaks) > 0; found != (check.Name == name) {
				t.Errorf("%s after the defect of %s: %v", check.Name, name, breaks)
			}
		}
	}
}

// own has the service own its shards until the function that it gives is called.
func (w *world) own() (leave func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	running := make(chan error, 1)
	go func() { running <- w.service.owner.Run(ctx) }()
	for !w.service.owner.Leases().Holds(0) {
		<-w.service.owner.Changed()
	}
	return func() {
		cancel()
		if err := <-running; err != nil {
			w.t.Error(err)
		}
	}
}

func TestWhatIsNotInvoicedInTime(t *testing.T) {
	w := newWorld(t)
	defer w.own()()
	s := w.story("P1", "PO-7")
	w.hear(s.events[:6]...)
	ok[bool](t)(w.service.lateInvoices(t.Context()))
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 0 {
		t.Fatalf("too early: %v", open)
	}
	w.forward(2 * time.Hour)
	for range 2 {
		ok[bool](t)(w.service.lateInvoices(t.Context()))
		open := w.exceptions(&operationsv1.ListExceptionsRequest{})
		if len(open) != 1 || open[0].GetClass() != "SHIPPED_NOT_INVOICED" || open[0].GetCount() != 1 || open[0].GetOrderId() != s.order {
			t.Fatalf("late: %v", open)
		}
	}
	w.hear(s.events[6:]...)
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 0 {
		t.Fatalf("invoiced, and still open: %v", open)
	}
}

// What is open and late is told by the replica that owns the first shard, and by nobody who did once.
func TestExceptionsAreMeasured(t *testing.T) {
	w := newWorld(t)
	leave := w.own()
	shown := func(overdue, open, shipments float64, waits time.Duration) {
		t.Helper()
		ok[time.Time](t)(w.service.measureOnce(t.Context(), w.now()))
		m := w.service.metrics
		for name, one := range map[string]struct {
			collector prometheus.Collector
			want      float64
		}{
			"overdue": {m.overdue.WithLabelValues("operations"), overdue}, "open": {m.open.WithLabelValues("SHIPPED_NOT_INVOICED", "4"), open},
			"shipments": {m.awaited, shipments}, "waits": {m.waited, waits.Seconds()},
		} {
			if got := testutil.ToFloat64(one.collector); got != one.want {
				t.Errorf("%s is %v, want %v", name, got, one.want)
			}
		}
	}
	shown(0, 0, 0, 0)
	if queues := testutil.CollectAndCount(w.service.metrics.overdue); queues < 4 {
		t.Errorf("%d queues are told of before anything is late", queues)
	}
	w.hear(w.story("P1", "PO-7").events[:6]...)
	w.forward(2 * time.Hour)
	ok[bool](t)(w.service.lateInvoices(t.Context()))
	shown(0, 1, 1, w.now().Sub(w.shippedAt()))
	w.forward(time.Hour)
	shown(1, 1, 1, w.now().Sub(w.shippedAt()))
	leave()
	shown(0, 0, 0, 0)
}

// shippedAt is when the only shipment left.
func (w *world) shippedAt() (at time.Time) {
	w.t.Helper()
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT shipped_at FROM awaited_invoice").Scan(&at); err != nil {
		w.t.Fatal(err)
	}
	return at
}
