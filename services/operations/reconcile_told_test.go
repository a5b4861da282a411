package operations

import (
	"context"
	"fmt"
	"slices"
	"testing"

	booksv1 "github.com/waybill-dev/waybill/gen/waybill/books/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// archived are the events of an aggregate that the archive has, in their order.
func (l *ledger) archived(aggregate string) (told []string) {
	l.t.Helper()
	err := eachSegment(l.t.Context(), l.db.Pool(), func(segment store.Segment) error {
		return unpack(segment.Content, nil, func(message inbox.Message) error {
			if message.Aggregate == aggregate {
				told = append(told, fmt.Sprintf("%d %T", message.Sequence, message.Payload))
			}
			return nil
		})
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return told
}

func (l *ledger) untilTold(aggregate string, want ...string) {
	l.t.Helper()
	for i := range want {
		want[i] = fmt.Sprintf("%d *operationsv1.%s", i+1, want[i])
	}
	l.until(fmt.Sprintf("%s tells %v", aggregate, want), func() bool { return slices.Equal(l.archived(aggregate), want) })
}

// What becomes of a break is told in order, and that a look has ended: it is an exception while it is open, and no longer.
func TestWhatBecomesOfABreakIsTold(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	order := l.promised()
	found := l.look()
	broken := l.open()[0]
	l.untilTold(broken.GetBreakId(), "ReconciliationBreakFound")
	l.untilTold(found.GetReconciliationId(), "ReconciliationCompleted")
	ofOrder := &operationsv1.ListExceptionsRequest{OrderId: order}
	l.until("it is an exception", func() bool { return len(l.exceptions(ofOrder)) == 1 })
	ok[*operationsv1.RepairBreakResponse](t)(l.client.RepairBreak(t.Context(), &operationsv1.RepairBreakRequest{
		RequestId: "r", BreakId: broken.GetBreakId(), Repair: broken.GetRepair(), Reason: "because",
	}))
	l.books.change(func() { clear(l.books.figures) })
	l.look()
	l.untilTold(broken.GetBreakId(), "ReconciliationBreakFound", "ReconciliationBreakRepaired", "ReconciliationBreakClosed")
	l.until("it is none any more", func() bool { return len(l.exceptions(ofOrder)) == 0 })
	list := func(closed bool) int {
		reply, err := l.client.ListBreaks(t.Context(), &operationsv1.ListBreaksRequest{OrderId: order, IncludeClosed: closed})
		if err != nil {
			t.Fatal(err)
		}
		return len(reply.GetBreaks())
	}
	if list(false) != 0 || list(true) != 1 {
		t.Errorf("%d open, %d of all", list(false), list(true))
	}
}

// A service's own tables are read in one snapshot: what is in flight between services says nothing about them.
func TestOwnRulesNeedNoSettling(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.books.inFlight = true
	l.books.broken["billing"] = []*booksv1.BookBreak{{Entity: "x", Left: "1", Right: "2"}}
	l.run()
	if result := resultOf(l.look(), "billing.I3"); result.GetBroken() != 1 || result.GetInFlight() != 0 || len(l.open()) != 1 {
		t.Errorf("found %v", result)
	}
}

// Of a rule that is broken in more places than are listed all are counted, and none that is not listed is closed.
func TestMoreBreaksThanAreListed(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	orders := map[string]string{}
	for range maxBreaks + 1 {
		orders[newID(id.Order)] = "2"
	}
	l.books.change(func() { l.books.figures["inventory.reserved"] = orders })
	run := l.look()
	if result := resultOf(run, "mesh.L4"); result.GetBroken() != maxBreaks+1 || result.GetInFlight() != 0 || run.GetBreaksOpen() != maxBreaks {
		t.Errorf("found %v, %d open", result, run.GetBreaksOpen())
	}
}

// A service that goes away between the looks leaves the rule unchecked, and what is open of it open.
func TestAServiceThatGoesAwayBetweenTheLooks(t *testing.T) {
	l := newLedger(t, Config{ReconcileSettle: quick})
	l.run()
	l.promised()
	if run := l.look(); run.GetBreaksOpen() != 1 {
		t.Fatalf("found %v", run)
	}
	reads := 0
	l.books.change(func() {
		l.books.looked = func(figure string) {
			if figure == "inventory.reserved" {
				if reads++; reads == 2 {
					l.books.change(func() { l.books.away = "inventory" })
				}
			}
		}
	})
	run := l.look()
	if result := resultOf(run, "mesh.L4"); result.GetFailure() == "" || run.GetBreaksOpen() != 1 || run.GetBreaksClosed() != 0 {
		t.Errorf("%v: %v", result, run)
	}
}

// owned runs the service's owner until it has the first shard, and gives its leases.
func owned(t *testing.T, service *Service) (shard.Leases, func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	owning := make(chan error, 1)
	go func() { owning <- service.owner.Run(ctx) }()
	for !service.owner.Leases().Holds(0) {
		<-service.owner.Changed()
	}
	return service.owner.Leases().Only(0), func() {
		stop()
		if err := <-owning; err != nil {
			t.Error(err)
		}
	}
}

// Who has lost the first shard to another replica neither takes up a reconciliation nor ends one.
func TestAReconciliationIsFenced(t *testing.T) {
	l := newLedger(t, Config{})
	leases, stop := owned(t, l.service)
	run, err := l.service.takeRun(t.Context(), leases)
	if err != nil || run == nil {
		t.Fatalf("%v, %v", run, err)
	}
	stop()
	_, stop = owned(t, l.newService(l.db))
	defer stop()
	if _, err := l.service.takeRun(t.Context(), leases); fault.ReasonOf(err) != shard.ReasonLeaseLost {
		t.Errorf("taken up: %v", err)
	}
	if err := l.service.endRun(t.Context(), leases, run, []domain.Look{}); fault.ReasonOf(err) != shard.ReasonLeaseLost {
		t.Errorf("ended: %v", err)
	}
}
