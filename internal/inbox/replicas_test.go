package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/shard"
)

// The broker never hears that an event was handled. It delivers it again, and the cursor knows it.
func TestCrashBetweenCommitAndAck(t *testing.T) {
	w := newWorld(t)
	dying := bustest.Connect(t, w.js.Conn().ConnectedUrl())
	first := NewConsumer(w.db, dying, w.owner, Subscription{
		Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Effects: StayInside,
		Handle: func(ctx context.Context, tx database.Transaction, batch []Message) error {
			dying.Close()
			return noteAll(ctx, tx, batch)
		},
	}, fast())
	stop := start(t, first.Run)
	w.tell(itemEvent("A", 1))
	w.want("A", 1)
	stop()
	c, _ := w.consume(fast(), noteAll)
	eventually(t, func() bool { return testutil.ToFloat64(c.metrics.duplicates) == 1 })
	w.tell(itemEvent("A", 2))
	w.want("A", 1, 2)
	w.allAcked()
}

// A replica is held up in the middle of a batch; its leases run out and another does the work. What the late one then
// commits is refused.
func TestLateReplicaIsFencedOff(t *testing.T) {
	db, err := database.Open(t.Context(), databasetest.URL(t, effects))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := worldOn(t, db)
	lateOwner := shard.NewOwner(db, "late", shard.Lease(time.Minute), shard.Log(quiet))
	stopOwner := start(t, lateOwner.Run)
	eventually(t, func() bool { return len(lateOwner.Leases().Shards()) == shard.Count })

	entered, release := make(chan struct{}), make(chan struct{})
	enter := sync.OnceFunc(func() { close(entered) })
	sub := Subscription{Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Effects: StayInside}
	sub.Handle = func(ctx context.Context, tx database.Transaction, batch []Message) error {
		enter()
		<-release
		return noteAll(ctx, tx, batch)
	}
	options := fast()
	options.AckWait = 100 * time.Millisecond
	stopLate := start(t, NewConsumer(db, w.bus, lateOwner, sub, options).Run)
	w.tell(itemEvent("A", 1))
	<-entered
	// The owner goes, another of the same group comes; the late consumer has its transaction open all the while.
	stopOwner()
	nextOwner := shard.NewOwner(db, "late", shard.Lease(time.Minute), shard.Log(quiet))
	start(t, nextOwner.Run)
	eventually(t, func() bool { return len(nextOwner.Leases().Shards()) == shard.Count })
	sub.Handle = noteAll
	start(t, NewConsumer(db, w.bus, nextOwner, sub, options).Run)
	w.want("A", 1)
	close(release)
	stopLate()
	w.tell(itemEvent("A", 2))
	w.want("A", 1, 2)
}

// A replica that does not know yet that it lost its shards begins a transaction: it is refused, although nobody else has
// handled the event.
func TestStaleLeasesAreRefused(t *testing.T) {
	w := newWorld(t)
	owner := shard.NewOwner(w.db, "stale", shard.Lease(time.Minute), shard.Log(quiet))
	stop := start(t, owner.Run)
	eventually(t, func() bool { return len(owner.Leases().Shards()) == shard.Count })
	c := NewConsumer(w.db, w.bus, owner, Subscription{Consumer: "test", Handle: noteAll}, fast())
	c.leases = owner.Leases()
	stop()
	next := shard.NewOwner(w.db, "stale", shard.Lease(time.Minute), shard.Log(quiet))
	start(t, next.Run)
	eventually(t, func() bool { return len(next.Leases().Shards()) == shard.Count })

	event := newItem(itemEvent("A", 1), shard.Of("A"))
	c.handle(t.Context(), []*item{event})
	c.bury(t.Context(), event, errors.New("poison"))
	if effects, dead := w.effects(event.key), w.count(`SELECT count(*) FROM inbox_dead_letter`); len(effects) != 0 || dead != 0 {
		t.Fatalf("effects %v and %d dead letters of a replica that owns nothing", effects, dead)
	}
	c.leases = next.Leases()
	c.handle(t.Context(), []*item{event})
	w.want("A", 1)
}

// Two replicas share the shards; when one stops, the other goes on where it was, without waiting for AckWait.
func TestTwoReplicasShareAndTakeOver(t *testing.T) {
	w := newWorld(t)
	options := fast()
	options.AckWait = time.Minute
	var owners [2]*shard.Owner
	var stops [2]func()
	var handled [2]atomic.Int64
	for i := range owners {
		owners[i] = shard.NewOwner(w.db, "pair", shard.Lease(time.Second), shard.Log(quiet))
		stopOwner := start(t, owners[i].Run)
		stopConsumer := start(t, NewConsumer(w.db, w.bus, owners[i], Subscription{
			Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Effects: StayInside,
			Handle: func(ctx context.Context, tx database.Transaction, batch []Message) error {
				handled[i].Add(int64(len(batch)))
				return noteAll(ctx, tx, batch)
			},
		}, options).Run)
		stops[i] = func() {
			stopConsumer()
			stopOwner()
		}
	}
	eventually(t, func() bool {
		return len(owners[0].Leases().Shards()) == shard.Count/2 && len(owners[1].Leases().Shards()) == shard.Count/2
	})
	const items = 40
	for sequence := int64(1); sequence <= 3; sequence++ {
		for i := range items {
			w.tell(itemEvent(fmt.Sprint("ITEM-", i), sequence))
		}
		if sequence == 2 { // in the midst of it, when both have begun
			eventually(t, func() bool { return handled[0].Load() > 0 && handled[1].Load() > 0 })
			stops[0]()
		}
	}
	for i := range items {
		w.want(fmt.Sprint("ITEM-", i), 1, 2, 3)
	}
}

// Transactions begin and end inside the gate, one pass each; while it stays shut, events wait and nothing is poison.
func TestGate(t *testing.T) {
	w := newWorld(t)
	var shut atomic.Bool
	shut.Store(true)
	var inside, tries atomic.Int64
	options := fast()
	options.Gate = func(context.Context) (func(), error) {
		tries.Add(1)
		if shut.Load() {
			return nil, errors.New("shut")
		}
		inside.Add(1)
		return func() { inside.Add(-1) }, nil
	}
	w.consume(options, func(ctx context.Context, tx database.Transaction, batch []Message) error {
		if inside.Load() != 1 {
			t.Errorf("%d inside the gate", inside.Load())
		}
		return noteAll(ctx, tx, batch)
	})
	w.tell(itemEvent("A", 1), itemEvent("A", 2))
	eventually(t, func() bool { return tries.Load() > 2*int64(options.MaxAttempts) })
	shut.Store(false)
	w.want("A", 1, 2)
	eventually(t, func() bool { return inside.Load() == 0 })
}

func TestConsumerStopsClean(t *testing.T) {
	w := newWorld(t)
	run := func(sequence int64) {
		w.tell(itemEvent("A", sequence))
		_, stop := w.consume(fast(), noteAll)
		eventually(t, func() bool { return w.count(`SELECT count(*) FROM effect`) == int(sequence) })
		w.allAcked() // so that all durable consumers are there
		stop()
	}
	run(1) // the broker, in this process too, has its goroutines for the durable consumers now
	ignore := goleak.IgnoreCurrent()
	run(2)
	goleak.VerifyNone(t, ignore)
}

func TestConsumerRefusesUnknownKinds(t *testing.T) {
	w := newWorld(t)
	sub := Subscription{Consumer: "test", Aggregates: []string{"masterdata.nothing"}, Effects: StayInside, Handle: noteAll}
	if err := NewConsumer(w.db, w.bus, w.owner, sub, Options{}).Run(t.Context()); err == nil {
		t.Fatal("it runs")
	}
}

func TestMetricsAreShared(t *testing.T) {
	registry := prometheus.NewRegistry()
	newMetrics(registry, "one").applied.Inc()
	newMetrics(registry, "two").applied.Inc()
	n, err := testutil.GatherAndCount(registry, "waybill_inbox_events_total")
	if err != nil || n != 12 { // six outcomes each
		t.Fatalf("%d series, %v", n, err)
	}
}
