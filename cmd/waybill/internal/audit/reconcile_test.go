package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// reconcile has the books of all services compared, and gives what came of it. Every rule must have been checked.
func (w *world) reconcile(t *testing.T) *operationsv1.Reconciliation {
	t.Helper()
	started, err := w.Books.StartReconciliation(t.Context(), &operationsv1.StartReconciliationRequest{RequestId: id.New().String(), Actor: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	var run *operationsv1.Reconciliation
	eventually(t, "the reconciliation is done", func() bool {
		reply, err := w.Books.GetReconciliation(t.Context(), &operationsv1.GetReconciliationRequest{
			ReconciliationId: started.GetReconciliation().GetReconciliationId(),
		})
		run = reply.GetReconciliation()
		return err == nil && run.GetState() == operationsv1.ReconciliationState_RECONCILIATION_STATE_DONE
	})
	for _, result := range run.GetResults() {
		if result.GetFailure() != "" {
			t.Errorf("%s was not checked: %s", result.GetEquation(), result.GetFailure())
		}
	}
	return run
}

// openBreaks are the breaks that are open, by their rule and what they are about.
func (w *world) openBreaks(t *testing.T) map[string]*operationsv1.ReconciliationBreak {
	t.Helper()
	reply, err := w.Books.ListBreaks(t.Context(), &operationsv1.ListBreaksRequest{PageSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]*operationsv1.ReconciliationBreak{}
	for _, one := range reply.GetBreaks() {
		open[one.GetEquation()+" "+one.GetEntity()] = one
	}
	return open
}

func (w *world) exec(t *testing.T, role, sql string, args ...any) {
	t.Helper()
	if _, err := w.databases[role].Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) query(t *testing.T, role, sql string, args ...any) (text string) {
	t.Helper()
	if err := w.databases[role].Pool().QueryRow(t.Context(), sql, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// planted is a break that somebody made by hand.
type planted struct {
	// key is the rule and what it is about; the rest is what the break must say.
	key, left, right  string
	repair            operationsv1.BreakRepair
	order, sku, node  string
	input             map[string]string
	class             string
	repairedByAnother bool
}

// Breaks that are planted by hand in the databases are found with both sides, become exceptions, are repaired by command, and are
// closed at the next look, with their exceptions.
func TestPlantedBreaksAreFoundRepairedAndClosed(t *testing.T) {
	w := newWorld(t)
	orders := w.day(t)
	must(t)(w.Inventory.RecordSnapshot(t.Context(), &inventoryv1.RecordSnapshotRequest{
		Source: "wms", Entries: []*inventoryv1.SnapshotEntry{{Sku: "B", NodeId: "EAST", Quantity: "9", SourceSeq: 1}},
	}))
	w.atRest(t)
	if run := w.reconcile(t); run.GetBreaksOpen() != 0 {
		t.Fatalf("nothing is planted yet: %v", w.openBreaks(t))
	}
	plants := w.plant(t, orders)
	if run := w.reconcile(t); run.GetBreaksFound() != int64(len(plants)) || run.GetRequestedBy() != "ann" {
		t.Errorf("%d breaks found, %d planted: %v", run.GetBreaksFound(), len(plants), w.openBreaks(t))
	}
	open := w.openBreaks(t)
	for _, want := range plants {
		w.mustBe(t, want, open[want.key])
	}
	if run := w.reconcile(t); run.GetBreaksFound() != 0 || run.GetBreaksOpen() != int64(len(plants)) {
		t.Errorf("the same breaks again: %v", run)
	}
	for _, want := range plants {
		w.repairOnce(t, want, open[want.key])
	}
	w.atRest(t)
	run := w.reconcile(t)
	if run.GetBreaksClosed() != int64(len(plants)) || run.GetBreaksOpen() != 0 {
		t.Errorf("%d of %d closed, left: %v", run.GetBreaksClosed(), len(plants), w.openBreaks(t))
	}
	eventually(t, "the exceptions are over", func() bool {
		reply, err := w.Operations.ListExceptions(t.Context(), &operationsv1.ListExceptionsRequest{PageSize: 500})
		return err == nil && !slices.ContainsFunc(reply.GetExceptions(), func(e *operationsv1.OperationsException) bool {
			return strings.Contains(e.GetClass(), "DISAGREE")
		})
	})
	w.timelineTells(t, orders[0])
}

// plant breaks the books by hand, in each way that has a repair of its own.
func (w *world) plant(t *testing.T, orders []string) []planted {
	t.Helper()
	nobody := id.Format(id.Order, id.New())
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: w.address, Caller: "order"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// Stock is promised to an order that there is not.
	must(t)(inventoryv1.NewInventoryServiceClient(conn).Reserve(t.Context(), &inventoryv1.ReserveRequest{
		Reservations: []*inventoryv1.ReservationRequest{{
			Key: "orphan", OrderId: nobody, ShortagePolicy: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP,
			Lines: []*inventoryv1.ReservationRequestLine{{LineNumber: 1, Sku: "B", Quantity: 4}},
		}},
	}))
	node := w.query(t, "inventory", `SELECT c.node_id FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id WHERE r.order_id = $1`, nobody)
	// A balance says more than its ledger, another one promises more than there is promised.
	w.exec(t, "inventory", `UPDATE balance SET on_hand = on_hand + 5 WHERE sku = 'A' AND node_id = 'EAST'`)
	onHand := w.query(t, "inventory", `SELECT on_hand::text || '/' || quality_hold::text || '/0' FROM balance WHERE sku = 'A' AND node_id = 'EAST'`)
	ledger := w.query(t, "inventory", `SELECT (on_hand - 5)::text || '/' || quality_hold::text || '/0' FROM balance WHERE sku = 'A' AND node_id = 'EAST'`)
	// The warehouse said something else than the books do.
	w.exec(t, "inventory", `UPDATE snapshot_position SET quantity = 12`)
	// The ERP lost an order and an invoice.
	w.exec(t, "connector-erp", `DELETE FROM posting WHERE document_id = $1`, orders[0]+"/0")
	invoice := w.query(t, "connector-erp", `SELECT document_id FROM posting WHERE document_id LIKE 'inv%' AND order_id = $1`, orders[1])
	total := w.query(t, "connector-erp", `SELECT total_minor::text FROM posting WHERE document_id = $1`, invoice)
	w.exec(t, "connector-erp", `DELETE FROM posting WHERE document_id = $1`, invoice)
	return []planted{
		{
			key: fmt.Sprintf("mesh.L4 %s line 1 at %s", nobody, node), left: "0", right: "4", order: nobody, sku: "B", node: node,
			repair: operationsv1.BreakRepair_BREAK_REPAIR_RELEASE_PROMISE, class: "STOCK_DISAGREES",
		},
		{
			key: "inventory.I3 A|EAST", left: onHand, right: ledger, sku: "A", node: "EAST",
			repair: operationsv1.BreakRepair_BREAK_REPAIR_REBUILD_BALANCE, class: "STOCK_DISAGREES",
		},
		{
			key: "inventory.I3.sum A", left: "5", right: "0", repair: operationsv1.BreakRepair_BREAK_REPAIR_PERSON, class: "STOCK_DISAGREES",
			repairedByAnother: true,
		},
		{
			key: "inventory.snapshot B|EAST", left: "9", right: "12", sku: "B", node: "EAST", class: "STOCK_DISAGREES",
			repair: operationsv1.BreakRepair_BREAK_REPAIR_RECOUNT, input: map[string]string{"counted": "11"},
		},
		{
			key: "mesh.erp " + orders[0], left: "1", right: "0", order: orders[0],
			repair: operationsv1.BreakRepair_BREAK_REPAIR_POST_TO_ERP, class: "MONEY_DISAGREES",
		},
		{
			key: "mesh.erp " + invoice, left: total, right: "0", order: orders[1],
			repair: operationsv1.BreakRepair_BREAK_REPAIR_POST_TO_ERP, class: "MONEY_DISAGREES",
		},
	}
}

// mustBe: the break is as it was planted, and has its exception.
func (w *world) mustBe(t *testing.T, want planted, got *operationsv1.ReconciliationBreak) {
	t.Helper()
	if got == nil {
		t.Errorf("%s was not found", want.key)
		return
	}
	if got.GetLeft() != want.left || got.GetRight() != want.right || got.GetRepair() != want.repair || got.GetOrderId() != want.order ||
		got.GetSku() != want.sku || got.GetNodeId() != want.node || got.GetGuidance() == "" || got.GetSince() == nil {
		t.Errorf("%s: %v, want %+v", want.key, got, want)
	}
	eventually(t, want.key+" has its exception", func() bool {
		reply, err := w.Operations.GetException(t.Context(), &operationsv1.GetExceptionRequest{ExceptionId: got.GetExceptionId()})
		return err == nil && reply.GetException().GetClass() == want.class && reply.GetException().GetReason() == got.GetEquation()
	})
}

// repairOnce has a break repaired, and repeats the command, which must have no further effect. What has no safe repair is refused.
func (w *world) repairOnce(t *testing.T, want planted, broken *operationsv1.ReconciliationBreak) {
	t.Helper()
	request := &operationsv1.RepairBreakRequest{
		RequestId: want.key, BreakId: broken.GetBreakId(), Repair: want.repair, Input: want.input, Reason: "planted", Actor: "ann",
	}
	first, err := w.Books.RepairBreak(t.Context(), request)
	if want.repairedByAnother {
		if fault.ReasonOf(err) != "REPAIR_BY_PERSON" {
			t.Errorf("%s: %v, %v", want.key, first, err)
		}
		return
	}
	if err != nil || first.GetRepair().GetOutcome() != "DONE" {
		t.Fatalf("%s: %v, %v", want.key, first, err)
	}
	again, err := w.Books.RepairBreak(t.Context(), request)
	if err != nil || again.GetRepair().GetPosition() != first.GetRepair().GetPosition() {
		t.Errorf("%s again: %v, %v", want.key, again, err)
	}
	kept, err := w.Books.GetBreak(t.Context(), &operationsv1.GetBreakRequest{BreakId: broken.GetBreakId()})
	if err != nil || len(kept.GetRepairs()) != 1 || kept.GetRepairs()[0].GetActor() != "ann" || kept.GetRepairs()[0].GetReason() != "planted" {
		t.Errorf("%s: kept %v, %v", want.key, kept, err)
	}
}

// timelineTells: the break of an order, its repair and its end stand on the order's timeline.
func (w *world) timelineTells(t *testing.T, order string) {
	t.Helper()
	eventually(t, "the timeline tells of the break", func() bool {
		reply, err := w.Operations.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: order, PageSize: 500})
		told := map[string]bool{}
		for _, entry := range reply.GetEntries() {
			for _, kind := range []string{"break_found", "break_repaired", "break_closed"} {
				told[kind] = told[kind] || strings.Contains(entry.GetType(), kind)
			}
		}
		return err == nil && told["break_found"] && told["break_repaired"] && told["break_closed"]
	})
}

// While orders come in and are worked on, what is under way is no break.
func TestFactsInFlightAreNoBreaks(t *testing.T) {
	w := newWorld(t)
	must(t)(w.Inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: "stock", Adjustments: []*inventoryv1.StockAdjustment{{Sku: "A", NodeId: "EAST", Quantity: "1000", Reason: "COUNT"}},
	}))
	for look := range 3 {
		for i := range 40 {
			w.send(t, fmt.Sprint("flight-", look, "-", i), cmp.Or(map[bool]string{true: "POOR"}[i%7 == 0], "RICH"), line("A", 1+i%3), line("FEE", 1))
		}
		if run := w.reconcile(t); run.GetBreaksFound() != 0 {
			t.Errorf("found while orders are moving: %v", w.openBreaks(t))
		}
	}
}
