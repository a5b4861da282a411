package operations

import (
	"errors"
	"fmt"
	"testing"
	"time"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// What is in flight opens no break and closes none; when all has arrived it does.
func TestInFlightNothingIsDecided(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	order := l.promised()
	l.books.change(func() { l.books.inFlight = true })
	if run := l.look(); run.GetBreaksFound() != 0 || resultOf(run, "mesh.L4").GetInFlight() != 1 {
		t.Errorf("in flight: %v", resultOf(run, "mesh.L4"))
	}
	l.books.change(func() { l.books.inFlight = false })
	if run := l.look(); run.GetBreaksFound() != 1 || resultOf(run, "mesh.L4").GetBroken() != 1 {
		t.Errorf("arrived: %v", resultOf(run, "mesh.L4"))
	}
	l.books.change(func() { l.books.figures["order.at_work"] = map[string]string{order: "1"} })
	if run := l.look(); run.GetBreaksClosed() != 0 || run.GetBreaksOpen() != 1 || resultOf(run, "mesh.L4").GetInFlight() != 1 {
		t.Errorf("at work: %v", run)
	}
	l.books.change(func() { clear(l.books.figures) })
	if run := l.look(); run.GetBreaksClosed() != 1 || run.GetBreaksOpen() != 0 {
		t.Errorf("gone: %v", run)
	}
}

// What changes between the two looks is no break.
func TestWhatChangesIsNoBreak(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	order, value := l.promised(), 4
	l.books.looked = func(figure string) {
		if figure == "inventory.reserved" {
			l.books.change(func() {
				value++
				l.books.figures[figure] = map[string]string{order: fmt.Sprint(value)}
			})
		}
	}
	l.run()
	if run := l.look(); run.GetBreaksFound() != 0 || resultOf(run, "mesh.L4").GetInFlight() != 1 {
		t.Errorf("found %v", resultOf(run, "mesh.L4"))
	}
}

// A service that is away is told, what is open of it stays open, and the rules of the others are checked.
func TestBooksThatCannotBeRead(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	l.promised()
	l.books.change(func() { l.books.broken["billing"] = []*booksv1.BookBreak{{Entity: "x", Left: "1", Right: "2"}} })
	// The one that is due at the start may have found them.
	if run := l.look(); run.GetBreaksOpen() != 2 {
		t.Fatalf("found %v", run)
	}
	l.books.change(func() {
		clear(l.books.figures)
		l.books.away = "inventory"
	})
	run := l.look()
	if run.GetBreaksOpen() != 2 || resultOf(run, "inventory").GetFailure() == "" || resultOf(run, "mesh.L4").GetFailure() == "" ||
		resultOf(run, "mesh.shipped").GetFailure() != "" || resultOf(run, "billing.I3").GetBroken() != 1 {
		t.Errorf("away: %v", run)
	}
}

// A reconciliation is made when it is due, one that was begun is made anew after a crash, and one that is asked for twice is one.
func TestReconciliationsAreDueAgainAndAgain(t *testing.T) {
	l := newLedger(t, Config{ReconcileEvery: time.Hour, ReconcileSettle: quick})
	first, err := l.client.StartReconciliation(t.Context(), &operationsv1.StartReconciliationRequest{RequestId: "r"})
	if err != nil || first.GetReconciliation().GetState() != operationsv1.ReconciliationState_RECONCILIATION_STATE_WAITING {
		t.Fatalf("%v, %v", first, err)
	}
	name := first.GetReconciliation().GetReconciliationId()
	if _, err := l.db.Pool().Exec(t.Context(), "UPDATE reconciliation SET state = 'RUNNING'"); err != nil {
		t.Fatal(err)
	}
	l.run()
	l.await(name)
	again, err := l.client.StartReconciliation(t.Context(), &operationsv1.StartReconciliationRequest{RequestId: "r"})
	if err != nil || again.GetReconciliation().GetReconciliationId() != name || again.GetReconciliation().GetFinishedAt() == nil {
		t.Errorf("again: %v, %v", again, err)
	}
	list := func(size int32, token string) *operationsv1.ListReconciliationsResponse {
		reply, err := l.client.ListReconciliations(t.Context(), &operationsv1.ListReconciliationsRequest{PageSize: size, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	if runs := list(0, "").GetReconciliations(); len(runs) != 1 || runs[0].GetTrigger() != operationsv1.ReconciliationTrigger_RECONCILIATION_TRIGGER_REQUESTED {
		t.Errorf("nothing is due yet: %v", runs)
	}
	l.forward(time.Hour)
	l.until("the next one is done", func() bool {
		page := list(1, "")
		newest := page.GetReconciliations()[0]
		return newest.GetReconciliationId() != name && newest.GetState() == operationsv1.ReconciliationState_RECONCILIATION_STATE_DONE &&
			newest.GetTrigger() == operationsv1.ReconciliationTrigger_RECONCILIATION_TRIGGER_SCHEDULED &&
			list(1, page.GetNextPageToken()).GetReconciliations()[0].GetReconciliationId() == name
	})
}

// A repair of which the outcome is not known is carried out again under the same key; one that fits no break is refused.
func TestRepairsGoOnWhereTheyStopped(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	order := l.promised()
	l.look()
	broken := l.open()[0]
	if broken.GetOrderId() != order || broken.GetLineNumber() != 1 || broken.GetSku() != "A" || broken.GetNodeId() != "EAST" {
		t.Errorf("break %v", broken)
	}
	request := &operationsv1.RepairBreakRequest{
		RequestId: "r", BreakId: broken.GetBreakId(), Repair: operationsv1.BreakRepair_BREAK_REPAIR_RECOUNT, Reason: "because",
	}
	if _, err := l.client.RepairBreak(t.Context(), request); fault.ReasonOf(err) != "REPAIR_NOT_FITTING" {
		t.Errorf("another repair: %v", err)
	}
	request.Repair = broken.GetRepair()
	l.stock.fail = fault.New(fault.Unavailable, "AWAY", "later")
	if _, err := l.client.RepairBreak(t.Context(), request); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("away: %v", err)
	}
	l.stock.fail = nil
	for range 2 {
		if reply, err := l.client.RepairBreak(t.Context(), request); err != nil || reply.GetRepair().GetOutcome() != "DONE" {
			t.Errorf("%v, %v", reply, err)
		}
	}
	if len(l.stock.given) != 2 || l.stock.given[0].GetKey() != l.stock.given[1].GetKey() || l.stock.given[0].GetOrderId() != order ||
		l.stock.given[0].GetLines()[0].GetQuantity() != 4 {
		t.Errorf("given back %v", l.stock.given)
	}
	request.Reason = "another"
	if _, err := l.client.RepairBreak(t.Context(), request); fault.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("another command: %v", err)
	}
	request.RequestId = "refused"
	l.stock.fail = fault.New(fault.Precondition, "NO", "never")
	for range 2 {
		if _, err := l.client.RepairBreak(t.Context(), request); fault.ReasonOf(err) != "NO" {
			t.Errorf("refused: %v", err)
		}
	}
	kept, err := l.client.GetBreak(t.Context(), &operationsv1.GetBreakRequest{BreakId: broken.GetBreakId()})
	if err != nil || len(kept.GetRepairs()) != 2 || kept.GetRepairs()[0].GetOutcome() != "DONE" || kept.GetRepairs()[1].GetOutcome() != "NO" {
		t.Errorf("kept %v, %v", kept, err)
	}
	l.books.change(func() { clear(l.books.figures) })
	l.look()
	request.RequestId = "closed"
	if _, err := l.client.RepairBreak(t.Context(), request); fault.ReasonOf(err) != "BREAK_CLOSED" {
		t.Errorf("closed: %v", err)
	}
	for _, name := range []string{newID(id.Break), "brk_x"} {
		if _, err := l.client.GetBreak(t.Context(), &operationsv1.GetBreakRequest{BreakId: name}); fault.ReasonOf(err) != "BREAK_NOT_FOUND" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Lists of breaks are paged and filtered.
func TestListBreaks(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	orders := map[string]string{}
	for range 5 {
		orders[newID(id.Order)] = "2"
	}
	l.books.change(func() { l.books.figures["inventory.reserved"] = orders })
	l.look()
	seen := map[string]bool{}
	for token := ""; ; {
		page, err := l.client.ListBreaks(t.Context(), &operationsv1.ListBreaksRequest{PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.GetBreaks() {
			seen[one.GetOrderId()] = true
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("seen %v", seen)
	}
	for name, filter := range map[string]struct {
		request *operationsv1.ListBreaksRequest
		want    int
	}{
		"rule":    {&operationsv1.ListBreaksRequest{Equation: "mesh.L4"}, 5},
		"another": {&operationsv1.ListBreaksRequest{Equation: "mesh.L5"}, 0},
		"order":   {&operationsv1.ListBreaksRequest{OrderId: l.open()[0].GetOrderId()}, 1},
		"item":    {&operationsv1.ListBreaksRequest{Sku: "A", NodeId: "EAST"}, 5},
		"place":   {&operationsv1.ListBreaksRequest{NodeId: "WEST"}, 0},
	} {
		reply, err := l.client.ListBreaks(t.Context(), filter.request)
		if err != nil || len(reply.GetBreaks()) != filter.want {
			t.Errorf("%s: %d, %v", name, len(reply.GetBreaks()), err)
		}
	}
	if _, err := l.client.ListBreaks(t.Context(), &operationsv1.ListBreaksRequest{PageToken: "x"}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a token that is not ours: %v", err)
	}
}

func TestReconcileBounds(t *testing.T) {
	for _, config := range []Config{
		{ReconcileEvery: time.Second}, {ReconcileEvery: 8 * 24 * time.Hour}, {ReconcileSettle: time.Millisecond}, {ReconcileSettle: time.Hour},
	} {
		if _, err := config.withDefaults(); err == nil {
			t.Errorf("%+v is taken", config)
		}
	}
	if config, err := (Config{}).withDefaults(); err != nil || config.ReconcileEvery != time.Hour {
		t.Error(errors.Join(err, errors.New("defaults")))
	}
}
