package inbox

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

// follow runs a follower of items and nodes until stop is called or the test ends.
func (w *world) follow(handle func(context.Context, database.Transaction, []Message) error) (f *Follower, stop func()) {
	w.t.Helper()
	return w.followAs(w.owner, handle)
}

func (w *world) followAs(
	owner *shard.Owner, handle func(context.Context, database.Transaction, []Message) error,
) (f *Follower, stop func()) {
	w.t.Helper()
	f = NewFollower(w.db, w.bus, owner, Following{
		Subscription: Subscription{Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Handle: handle, Unknown: true},
		Aside: func(ctx context.Context, tx database.Transaction, message Message) error {
			message.Sequence = -message.Sequence // to tell it from an effect
			return note(ctx, tx, message)
		},
	}, fast())
	return f, start(w.t, f.Run)
}

func (w *world) dead() int {
	return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`)
}

// What a stream holds is handed over in its order and once, wherever the follower was stopped. It keeps no cursors and
// nothing at the broker, so what the stream holds twice comes twice.
func TestFollowerGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	w.tell(itemEvent("A", 1), itemEvent("A", 2), itemEvent("A", 1))
	_, stop := w.follow(noteAll)
	w.want("A", 1, 2, 1)
	stop()
	unknown := itemEvent("B", 1)
	unknown.Type, unknown.Schema = "waybill.masterdata.item.imagined.v1", "waybill.masterdata.v1.ItemImagined"
	w.tell(itemEvent("A", 3), unknown)
	w.follow(noteAll)
	w.want("A", 1, 2, 1, 3)
	w.want("B", 1)
	if cursors := w.count(`SELECT count(*) FROM inbox_cursor`); cursors != 0 {
		t.Errorf("%d cursors", cursors)
	}
	if _, err := w.js.Consumer(t.Context(), "WAYBILL_MASTERDATA", "test_0"); err == nil {
		t.Error("the broker keeps a consumer")
	}
}

// One event that cannot be handled goes to the dead letters, and no other with it. Handed in again it is handled.
func TestFollowerPutsAsideWhatFails(t *testing.T) {
	w := newWorld(t)
	var healed atomic.Bool
	handle := func(ctx context.Context, tx database.Transaction, batch []Message) error {
		for _, message := range batch {
			if message.Aggregate == "BAD" && message.Sequence == 1 && !healed.Load() {
				if message.Shard%2 == 0 {
					panic("a defect")
				}
				return errors.New("a defect")
			}
		}
		return noteAll(ctx, tx, batch)
	}
	unreadable := itemEvent("TORN", 1)
	unreadable.Data = []byte{0xff}
	w.tell(itemEvent("A", 1), itemEvent("BAD", 1), itemEvent("BAD", 2), unreadable, itemEvent("A", 2))
	f, _ := w.follow(handle)
	w.want("A", 1, 2)
	w.want("BAD", -1, 2)
	w.want("TORN", -1)
	if dead := w.dead(); dead != 2 {
		t.Fatalf("%d dead letters", dead)
	}
	eventually(t, func() bool { return testutil.ToFloat64(f.metrics.dead) == 2 })
	healed.Store(true)
	if err := w.retry("evt-BAD-1"); err != nil {
		t.Fatal(err)
	}
	w.want("BAD", -1, 2, 1)
	eventually(t, func() bool { return w.dead() == 1 && w.count(`SELECT count(*) FROM inbox_parked`) == 0 })
	w.tell(itemEvent("A", 3))
	w.want("A", 1, 2, 3)
}

// What is to come later keeps everything waiting, and counts as nothing.
func TestFollowerWaitsForLater(t *testing.T) {
	w := newWorld(t)
	var tries atomic.Int32
	w.tell(itemEvent("A", 1), itemEvent("A", 2))
	w.follow(func(ctx context.Context, tx database.Transaction, batch []Message) error {
		if batch[0].Sequence == 1 && tries.Add(1) < 20 {
			return fault.New(fault.Unavailable, "NOT_YET", "what this needs is not there yet")
		}
		return noteAll(ctx, tx, batch)
	})
	w.want("A", 1, 2)
	if dead := w.dead(); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
}

// A replica is held up in the middle of a set; another takes its place. What the late one then commits is refused.
func TestLateFollowerIsFencedOff(t *testing.T) {
	db, err := database.Open(t.Context(), databasetest.URL(t, effects)) // whose transactions run once only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := worldOn(t, db)
	owner := func() (o *shard.Owner, stop func()) {
		o = shard.NewOwner(db, "late", shard.Lease(time.Minute), shard.Log(quiet))
		stop = start(t, o.Run)
		eventually(t, func() bool { return o.Leases().Holds(followShard) })
		return o, stop
	}
	entered, release := make(chan struct{}), make(chan struct{})
	enter := sync.OnceFunc(func() { close(entered) })
	lateOwner, stopOwner := owner()
	_, stopLate := w.followAs(lateOwner, func(ctx context.Context, tx database.Transaction, batch []Message) error {
		enter()
		<-release
		return noteAll(ctx, tx, batch)
	})
	w.tell(itemEvent("A", 1))
	<-entered
	stopOwner()
	nextOwner, _ := owner()
	w.followAs(nextOwner, noteAll)
	w.want("A", 1)
	close(release)
	stopLate()
	w.tell(itemEvent("A", 2))
	w.want("A", 1, 2)
}

// A stream that was lost and made anew is followed from its beginning, although its numbers have been seen.
func TestFollowerOfAStreamMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.tell(itemEvent("A", 1), itemEvent("A", 2))
	_, stop := w.follow(noteAll)
	w.want("A", 1, 2)
	stop()
	if err := w.js.DeleteStream(t.Context(), "WAYBILL_MASTERDATA"); err != nil {
		t.Fatal(err)
	}
	if err := w.bus.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.tell(itemEvent("A", 3))
	w.follow(noteAll)
	w.want("A", 1, 2, 3)
}
