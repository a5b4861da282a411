package operations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func refused(order string) proto.Message {
	return &backofficev1.DocumentRefused{
		DocumentId: order + "/0", Kind: backofficev1.DocumentKind_DOCUMENT_KIND_ORDER, OrderId: order, Reason: "PERIOD_CLOSED",
		Message: "November is closed", Attempts: 2,
	}
}

func retried(order, actor, reason, exception string) proto.Message {
	return &backofficev1.DocumentRetried{
		DocumentId: order + "/0", Kind: backofficev1.DocumentKind_DOCUMENT_KIND_ORDER, OrderId: order, Actor: actor, Reason: reason,
		ExceptionId: exception,
	}
}

func posted(order string) proto.Message {
	return &backofficev1.DocumentPosted{
		DocumentId: order + "/0", Kind: backofficev1.DocumentKind_DOCUMENT_KIND_ORDER, OrderId: order, ErpNumber: "4711", Attempts: 3,
	}
}

// retries is a queue for the ERP that takes down what it is asked.
type retries struct {
	backofficev1.BackofficeServiceClient
	asked []*backofficev1.RetryPostsRequest
}

func (r *retries) RetryPosts(
	_ context.Context, req *backofficev1.RetryPostsRequest, _ ...grpc.CallOption,
) (*backofficev1.RetryPostsResponse, error) {
	r.asked = append(r.asked, req)
	return &backofficev1.RetryPostsResponse{Retried: 1}, nil
}

// A document that the ERP refuses is an exception of finance until the ERP has it. Who has it sent again does not end it, but is kept
// once, wherever it was decided.
func TestDocumentsThatTheERPRefuses(t *testing.T) {
	w, queue := newWorld(t), &retries{}
	w.service.backoffice = queue
	order := newID(id.Order)
	w.tell(refused(order))
	open := w.exceptions(&operationsv1.ListExceptionsRequest{Class: "ERP_REFUSED", OrderId: order})
	if len(open) != 1 || open[0].GetQueue() != "finance" || open[0].GetSubjectId() != order+"/0" || open[0].GetReason() != "PERIOD_CLOSED" ||
		open[0].GetMessage() != "the ERP does not take the order: November is closed" || open[0].GetContext()["attempts"] != "2" ||
		open[0].GetSeverity() != operationsv1.ExceptionSeverity_EXCEPTION_SEVERITY_HIGH {
		t.Fatalf("open: %v", open)
	}
	exception := open[0].GetExceptionId()
	ok[*operationsv1.ResolveExceptionResponse](t)(w.operator.ResolveException(t.Context(), &operationsv1.ResolveExceptionRequest{
		RequestId: "r1", ExceptionId: exception, Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY, Reason: "it is open now", Actor: "ann",
	}))
	want := &backofficev1.RetryPostsRequest{DocumentIds: []string{order + "/0"}, Reason: "it is open now", Actor: "ann", ExceptionId: exception}
	if len(queue.asked) != 1 || !proto.Equal(queue.asked[0], want) {
		t.Fatalf("asked %v, want %v", queue.asked, want)
	}
	w.tell(retried(order, "ann", "it is open now", exception), refused(order))
	again := w.event(retried(order, "bob", "now it is", ""))
	w.hear(again)
	w.hear(again)
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 1 || left[0].GetCount() != 2 {
		t.Fatalf("ended before it was there: %v", left)
	}
	w.tell(posted(order), retried(order, "eve", "what is over has no note", ""))
	shown := ok[*operationsv1.GetExceptionResponse](t)(w.operator.GetException(t.Context(), &operationsv1.GetExceptionRequest{ExceptionId: exception}))
	var steps []string
	for _, step := range shown.GetSteps() {
		steps = append(steps, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(step.GetKind().String(), "EXCEPTION_STEP_KIND_"), step.GetActor(), step.GetReason(), step.GetOutcome()))
	}
	wantSteps := []string{"OPENED  PERIOD_CLOSED ", "COMMAND ann it is open now DONE", "COMMAND bob now it is DONE", "RESOLVED  the ERP has it as 4711 "}
	if diff := cmp.Diff(wantSteps, steps); diff != "" || shown.GetException().GetState() != operationsv1.ExceptionState_EXCEPTION_STATE_RESOLVED {
		t.Errorf("(-want +got):\n%s%v", diff, shown)
	}
	w.sound()
}

// What is made anew from the archive is as it was: notes of people are not written again.
func TestRebuildKeepsWhatTheERPRefused(t *testing.T) {
	w := newWorld(t)
	open, over := newID(id.Order), newID(id.Order)
	w.tell(refused(open), retried(open, "bob", "perhaps", ""), refused(open), refused(over), posted(over))
	before := w.count("exception_step")
	run := &rebuild{Service: w.service}
	if err := run.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := w.count("exception_step"); after != before || run.troubles+run.exceptions != 0 {
		t.Errorf("%d steps became %d, %d troubles were taken and %d exceptions mended", before, after, run.troubles, run.exceptions)
	}
	if left := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(left) != 1 || left[0].GetCount() != 2 {
		t.Errorf("open: %v", left)
	}
}

// What the ERP says of an order's documents stands on its timeline, because of what queued them, and partners do not see it.
func TestTheERPOnTheTimeline(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	because := func(event bus.Event) func(*bus.Event) {
		return func(e *bus.Event) { e.CorrelationID, e.CausationID = s.order, event.ID }
	}
	document := func(name string, kind backofficev1.DocumentKind) *backofficev1.DocumentPosted {
		return &backofficev1.DocumentPosted{DocumentId: name, Kind: kind, OrderId: s.order, ErpNumber: "E-1"}
	}
	w.hear(s.events[:3]...)
	w.hear(
		w.event(refused(s.order), because(s.events[2])), w.event(retried(s.order, "ann", "it is open now", "")), w.event(posted(s.order), because(s.events[2])),
		w.event(&backofficev1.DocumentRetried{
			DocumentId: s.invoice, Kind: backofficev1.DocumentKind_DOCUMENT_KIND_INVOICE, OrderId: s.order, LostErpNumber: "88", Reason: "it is gone",
		}),
		w.event(document(s.invoice, backofficev1.DocumentKind_DOCUMENT_KIND_INVOICE)),
		w.event(document(s.order+"/2", backofficev1.DocumentKind_DOCUMENT_KIND_ORDER)),
		w.event(document(s.order+"/reduced/7", backofficev1.DocumentKind_DOCUMENT_KIND_ORDER_REDUCTION)),
		w.event(document(s.order+"/closed", backofficev1.DocumentKind_DOCUMENT_KIND_ORDER_CLOSURE)),
		w.event(document("crm_1", backofficev1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO)),
		w.event(document("jrn_1", backofficev1.DocumentKind_DOCUMENT_KIND_WRITE_OFF)),
	)
	want := []string{
		"iii→The ERP refused the order: PERIOD_CLOSED: November is closed",
		"iiii→The ERP is told the order again: it is open now",
		"iii→The ERP has the order as 4711",
		"→The ERP no longer had the invoice, once 88; it is told again: it is gone",
		"iiiiiii→The ERP has the invoice as E-1",
		"→The ERP has revision 2 of the order as E-1",
		"→The ERP has what of the order will not be shipped as E-1",
		"→The ERP has the end of the order as E-1",
		"→The ERP has the credit memo as E-1",
		"→The ERP has what was written off as E-1",
	}
	reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: s.order}))
	got := slices.DeleteFunc(told(reply)[3:], func(line string) bool { return !strings.Contains(line, "The ERP") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if entry := reply.GetEntries()[4]; entry.GetActor() != "ann" {
		t.Errorf("who had it sent again is %q", entry.GetActor())
	}
	partner := rpc.WithIdentity(t.Context(), rpc.Identity{Principal: "key-1", Partner: "P1", Scopes: []string{"orders.read"}})
	seen := ok[*operationsv1.GetTimelineResponse](t)(w.gateway.GetTimeline(partner, &operationsv1.GetTimelineRequest{Order: s.order}))
	if lines := told(seen); len(lines) != 2 || strings.Contains(strings.Join(lines, " "), "ERP") {
		t.Errorf("the partner sees %q", lines)
	}
}
