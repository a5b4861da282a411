package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

func (w *world) order(t *testing.T, id string) *orderv1.Order {
	t.Helper()
	reply, err := w.Order.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetOrder()
}

func (w *world) cancel(t *testing.T, id string, lines ...*orderv1.CancelLine) {
	t.Helper()
	must(t)(w.Order.CancelOrder(t.Context(), &orderv1.CancelOrderRequest{
		RequestId: fmt.Sprint("cancel-", id, len(lines)), OrderId: id, Reason: "not wanted", Lines: lines,
	}))
}

func (w *world) waitFor(t *testing.T, id string, statuses ...orderv1.OrderStatus) {
	t.Helper()
	eventually(t, fmt.Sprint(id, " is one of ", statuses), func() bool { return slices.Contains(statuses, w.order(t, id).GetStatus()) })
}

// inERP is what the ERP has, by our ids.
func (w *world) inERP(t *testing.T) map[string]*erpv1.Posting {
	t.Helper()
	postings, erp := map[string]*erpv1.Posting{}, erpv1.NewErpServiceClient(w.operator)
	for token := ""; ; {
		page, err := erp.ListPostings(t.Context(), &erpv1.ListPostingsRequest{PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, posting := range page.GetPostings() {
			postings[posting.GetDocumentId()] = posting
		}
		if token = page.GetNextPageToken(); token == "" {
			return postings
		}
	}
}

// stocked puts so much of A into a place; of C there is none.
func (w *world) stocked(t *testing.T, quantity string) {
	t.Helper()
	must(t)(w.Inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: "stocked", Adjustments: []*inventoryv1.StockAdjustment{{Sku: "A", NodeId: "EAST", Quantity: quantity, Reason: "COUNT"}},
	}))
}

// endings are orders of each way to end, by name; those whose rest is to be cancelled have ended when it returns, or will by themselves.
func (w *world) endings(t *testing.T, run string) map[string]string {
	t.Helper()
	part := func(line int32, quantity string) *orderv1.CancelLine {
		return &orderv1.CancelLine{LineNumber: line, Quantity: quantity}
	}
	orders := map[string]string{
		"given up":        w.send(t, run+"given-up", "RICH", line("C", 5)),
		"a line":          w.send(t, run+"a-line", "RICH", line("FEE", 1), line("C", 4)),
		"a part":          w.send(t, run+"a-part", "RICH", line("C", 7)),
		"the rest":        w.send(t, run+"the-rest", "RICH", line("A", 3), line("C", 6)),
		"all shipped":     w.send(t, run+"all-shipped", "RICH", line("FEE", 2)),
		"never accepted":  w.send(t, run+"never-accepted", "POOR", line("FEE", 5000)),
		"not to be ended": w.send(t, run+"not-ended", "RICH", line("C", 2)),
	}
	w.waitFor(t, orders["given up"], orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.waitFor(t, orders["never accepted"], orderv1.OrderStatus_ORDER_STATUS_HELD)
	w.waitFor(t, orders["a part"], orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.cancel(t, orders["given up"])
	w.cancel(t, orders["never accepted"])
	w.cancel(t, orders["a line"], part(2, "4"))
	w.cancel(t, orders["a part"], part(1, "3"))
	eventually(t, "a part of the rest is shipped", func() bool { return w.order(t, orders["the rest"]).GetLines()[0].GetShipped() != "0" })
	w.cancel(t, orders["the rest"])
	for _, name := range []string{"a line", "the rest", "all shipped"} {
		eventually(t, name+" is completed", func() bool { return w.order(t, orders[name]).GetCompletedAt() != nil })
	}
	return orders
}

// givenUp gives up a part of what is owed on the invoice of an order, and gives the id of that.
func (w *world) givenUp(t *testing.T, order string, amount int64) (document string) {
	t.Helper()
	invoice := w.query(t, "billing", `SELECT invoice_id::text FROM invoice WHERE order_id = $1`, strings.TrimPrefix(order, "ord_"))
	must(t)(w.Billing.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{
		RequestId: fmt.Sprint("off-", order, amount), InvoiceId: "inv_" + invoice, AmountMinor: amount, Reason: "insolvent",
	}))
	return "jrn_" + w.query(t, "billing", `SELECT journal_id::text FROM write_off WHERE invoice_id = $1 AND amount_minor = $2`, invoice, amount)
}

// wantClosed: the ERP has closed those of the orders that ended with something that will not be shipped, each after its invoices, and
// no others.
func (w *world) wantClosed(t *testing.T, orders map[string]string) {
	t.Helper()
	theirs, want, got := w.inERP(t), map[string]int64{}, map[string]int64{}
	for name, notToShip := range map[string]int64{"given up": 5, "a line": 4, "the rest": 6} {
		want[name] = notToShip
	}
	for _, l := range w.order(t, orders["the rest"]).GetLines()[:1] { // a warehouse may pick short, and its rest was cancelled too
		var short int64
		if _, err := fmt.Sscan(l.GetCancelled(), &short); err != nil {
			t.Fatal(err)
		}
		want["the rest"] += short
	}
	for name, order := range orders {
		closure := theirs[order+"/closed"]
		if closure == nil {
			continue
		}
		got[name] = closure.GetNotToShip()
		for id, posting := range theirs {
			if strings.HasPrefix(id, "inv_") && w.query(t, "connector-erp", `SELECT order_id FROM posting WHERE document_id = $1`, id) == order &&
				!posting.GetPostedAt().AsTime().Before(closure.GetPostedAt().AsTime()) {
				t.Errorf("%s was closed before its invoice %s", name, id)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("closed in the ERP:\n%s", diff)
	}
	reduced := 0
	for id := range theirs {
		if strings.HasPrefix(id, orders["a part"]+"/reduced/") {
			reduced++
		}
	}
	if reduced != 1 {
		t.Errorf("the ERP was told %d times that a part will not be shipped", reduced)
	}
}

// What will not be shipped is told to the ERP once, in spite of an outage, of answers that get lost and calls that come twice.
func TestOrdersEndInTheERPToo(t *testing.T) {
	w := newWorld(t)
	w.stocked(t, "50")
	w.turn(t, "erp", &sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))})
	orders := w.endings(t, "away-")
	first, second := w.givenUp(t, orders["all shipped"], 100), w.givenUp(t, orders["all shipped"], 50)
	w.turn(t, "erp", &sandboxv1.Dials{LostReplyBp: 3000, DuplicateBp: 3000, ErrorBp: 1000, CallsPerSecond: 50, Seed: 1})
	w.drained(t)
	w.atRest(t)
	w.turn(t, "erp", &sandboxv1.Dials{}) // it answers us too
	w.wantClosed(t, orders)
	theirs := w.inERP(t)
	if theirs[first].GetTotal().GetMinorUnits() != 100 || theirs[second].GetTotal().GetMinorUnits() != 50 {
		t.Errorf("given up in the ERP: %v, %v", theirs[first], theirs[second])
	}
	again := w.endings(t, "there-")
	w.atRest(t)
	w.wantClosed(t, again)
	w.told(t, "there-the-rest", "not all was shipped of")
}

// drained waits until nothing waits for the ERP.
func (w *world) drained(t *testing.T) {
	t.Helper()
	office := backofficev1.NewBackofficeServiceClient(w.operator)
	eventually(t, "the queue is empty", func() bool {
		queue, err := office.GetQueue(t.Context(), &backofficev1.GetQueueRequest{})
		return err == nil && queue.GetWaiting() == 0 && queue.GetStuck() == 0
	})
}

// A closure that the ERP lost, has otherwise, or has of an order that goes on is found by both ways of comparing; one of an order that
// ended before closures were told is not missed. What is lost is posted again by command.
func TestPlantedClosuresAreFound(t *testing.T) {
	w := newWorld(t)
	w.stocked(t, "50")
	orders := w.endings(t, "")
	w.atRest(t)
	if run := w.reconcile(t); run.GetBreaksOpen() != 0 {
		t.Fatalf("nothing is planted yet: %v", w.openBreaks(t))
	}
	old := w.send(t, "old", "RICH", line("C", 9))
	w.waitFor(t, old, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.cancel(t, old)
	off, oldOff := w.givenUp(t, orders["all shipped"], 100), w.givenUp(t, orders["all shipped"], 50)
	w.atRest(t)
	lost, other, open := reconcile.Closure(orders["a line"]), reconcile.Closure(orders["given up"]), reconcile.Closure(orders["not to be ended"])
	w.exec(t, "connector-erp", `DELETE FROM posting WHERE document_id = ANY($1)`, []string{lost, reconcile.Closure(old), off, oldOff})
	w.exec(t, "billing", `UPDATE write_off SET told = false WHERE journal_id = $1`, strings.TrimPrefix(oldOff, "jrn_"))
	w.exec(t, "connector-erp", `UPDATE posting SET not_to_ship = 4 WHERE document_id = $1`, other)
	w.exec(t, "connector-erp", `INSERT INTO posting (document_id, order_id, kind, content_hash, currency_code, total_minor, erp_number,
		posted_at, times_sent, not_to_ship) VALUES ($1, $2, 5, '', '', 0, 'CL-X', now(), 1, 2)`, open, orders["not to be ended"])
	w.exec(t, "order", `UPDATE order_state SET progress = (progress::jsonb - 'closes') WHERE progress::text LIKE '%closes%' AND order_id = $1`,
		strings.TrimPrefix(old, "ord_"))
	want := map[string]string{"mesh.erp " + lost: "4, 0", "mesh.erp " + other: "5, 4", "mesh.erp " + open: "0, 2", "mesh.erp " + off: "100, 0"}
	w.reconcile(t)
	got, breaks := map[string]string{}, w.openBreaks(t)
	for key, one := range breaks {
		got[key] = one.GetLeft() + ", " + one.GetRight()
		if one.GetOrderId() != map[string]string{off: orders["all shipped"]}[one.GetEntity()] && one.GetOrderId() != strings.TrimSuffix(one.GetEntity(), "/closed") {
			t.Errorf("%s is about order %q", key, one.GetOrderId())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("breaks:\n%s", diff)
	}
	equation := reconcile.Equations()[0]
	found, err := reconcile.Examine(t.Context(), mesh.Books(w.databases), equation, maxListed)
	if err != nil || equation.Name != "mesh.erp" || found.Broken != int64(len(want)) {
		t.Errorf("the check found %+v, %v", found, err)
	}
	for _, document := range []string{lost, off} {
		must(t)(w.Books.RepairBreak(t.Context(), &operationsv1.RepairBreakRequest{
			RequestId: document, BreakId: breaks["mesh.erp "+document].GetBreakId(), Reason: "planted", Actor: "ann",
			Repair: operationsv1.BreakRepair_BREAK_REPAIR_POST_TO_ERP,
		}))
	}
	w.exec(t, "connector-erp", `DELETE FROM posting WHERE document_id = $1`, open)
	w.exec(t, "connector-erp", `UPDATE posting SET not_to_ship = 5 WHERE document_id = $1`, other)
	w.drained(t)
	if run := w.reconcile(t); run.GetBreaksOpen() != 0 {
		t.Errorf("left: %v", w.openBreaks(t))
	}
	w.wantClosed(t, orders)
}
