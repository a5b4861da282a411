package order

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

// documents are what an ERP must have of the orders, by what they are about.
func (w *world) documents() map[string]string {
	w.t.Helper()
	documents := map[string]string{}
	for _, entry := range reconciletest.Read(w.t, w.db, Figures(), "order.documents") {
		documents[entry.Subject] = entry.Value
	}
	return documents
}

// How orders have ended is told when asked for, and named for the comparison with an ERP: of those that ended before that was kept,
// as not known.
func TestHowOrdersEnd(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	end := func(order string) (*orderv1.GetOrderEndResponse, string) {
		reply, err := w.service.GetOrderEnd(t.Context(), &orderv1.GetOrderEndRequest{OrderId: order})
		return reply, fault.ReasonOf(err)
	}
	gone, open := w.submit(request(want{"ITEM-1", 5})), w.submit(request(want{"ITEM-1", 4}))
	w.settle()
	if _, reason := end(gone.GetOrderId()); reason != "ORDER_NOT_ENDED" {
		t.Errorf("of one that goes on: %q", reason)
	}
	if _, reason := end(id.Format(id.Order, id.New())); reason != "ORDER_NOT_FOUND" {
		t.Errorf("of nobody's: %q", reason)
	}
	w.cancel(gone)
	w.settle()
	reply, reason := end(gone.GetOrderId())
	if lines := reply.GetLines(); reason != "" || reply.GetReason() != "the warehouse has stopped it" || reply.GetEndedAt() == nil || len(lines) != 1 ||
		lines[0].GetCancelled() != 5 || lines[0].GetOrdered() != 5 {
		t.Errorf("it ended %v %s", reply, reason)
	}
	want := map[string]string{
		gone.GetOrderId(): "1", reconcile.Closure(gone.GetOrderId()): "5", open.GetOrderId(): "1",
	}
	if diff := cmp.Diff(want, w.documents()); diff != "" {
		t.Error(diff)
	}
	w.exec(`UPDATE order_state SET progress = progress - 'closes'`)
	want[reconcile.Closure(gone.GetOrderId())] = reconcile.Unknown
	if diff := cmp.Diff(want, w.documents()); diff != "" {
		t.Errorf("ended before it was kept:\n%s", diff)
	}
}
