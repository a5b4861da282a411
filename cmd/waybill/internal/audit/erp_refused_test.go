package audit

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// What the ERP refuses is an exception with the order's name, until somebody has it sent again and the ERP takes it: the order's timeline says
// so, with who did it and the number in the ERP, and its later documents follow.
func TestWhatTheERPRefusesIsAnException(t *testing.T) {
	w := newWorld(t)
	w.turn(t, "erp", &sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))})
	order := w.fees(t, "REFUSED", "2").GetOrderId()
	office := backofficev1.NewBackofficeServiceClient(w.operator)
	eventually(t, "its documents wait", func() bool {
		queue, err := office.GetQueue(t.Context(), &backofficev1.GetQueueRequest{})
		return err == nil && queue.GetWaiting() == 2
	})
	w.turn(t, "erp", &sandboxv1.Dials{RefusalBp: 10000, CallsPerSecond: 50})
	refused := func() []*operationsv1.OperationsException {
		reply, err := w.Operations.ListExceptions(t.Context(), &operationsv1.ListExceptionsRequest{Class: "ERP_REFUSED", OrderId: order})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetExceptions()
	}
	eventually(t, "the refusal is an exception", func() bool { return len(refused()) == 1 })
	w.told(t, "REFUSED", "The ERP refused the order: SANDBOX_REFUSED")
	exception := refused()[0]
	if exception.GetSubjectKind() != "backoffice.document" || exception.GetSubjectId() != order+"/0" || exception.GetPartnerId() != "P" {
		t.Errorf("exception %v", exception)
	}
	w.turn(t, "erp", &sandboxv1.Dials{CallsPerSecond: 50})
	must(t)(w.Operations.ResolveException(t.Context(), &operationsv1.ResolveExceptionRequest{
		RequestId: "again", ExceptionId: exception.GetExceptionId(), Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY,
		Reason: "the period is open", Actor: "ann",
	}))
	eventually(t, "the exception is over", func() bool { return len(refused()) == 0 })
	w.drained(t)
	w.told(t, "REFUSED", "The ERP is told the order again: the period is open")
	w.told(t, "REFUSED", "The ERP has the order as ")
	w.told(t, "REFUSED", "The ERP has the invoice as ")
	reply, err := w.Operations.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: "REFUSED"})
	if err != nil {
		t.Fatal(err)
	}
	types, again := map[string]string{}, ""
	for _, entry := range reply.GetEntries() {
		types[entry.GetEventId()] = entry.GetType()
		if entry.GetType() == "waybill.backoffice.document.retried.v1" {
			again = entry.GetActor()
		}
	}
	posted := 0
	for _, entry := range reply.GetEntries() {
		if entry.GetType() == "waybill.backoffice.document.posted.v1" {
			posted++
			if cause := types[entry.GetCausedBy()]; cause != "waybill.order.order.accepted.v1" && cause != "waybill.billing.invoice.issued.v1" {
				t.Errorf("%q because of %q", entry.GetSentence(), cause)
			}
		}
	}
	if posted != 2 || again != "ann" {
		t.Errorf("%d documents are told to be there, and %q had one sent again", posted, again)
	}
	if err := w.sound(t.Context(), true); err != nil {
		t.Error(err)
	}
}
