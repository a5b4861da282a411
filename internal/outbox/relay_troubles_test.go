package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

// The relay published and died before it deleted, or was so late that another owns the shards: its deletion is refused,
// the new owner publishes again, and the broker's window for ids drops the repeats.
func TestCrashBetweenPublishAndDelete(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	first, stopFirst := owner(t, db, time.Minute)
	late := first.Leases()
	stopFirst()
	second, _ := owner(t, db, time.Minute)
	add(t, db, item("A", 1), item("A", 2), item("B", 1))

	lateLoop := &eventLoop{Relay: NewRelay(db, b.Bus, first, Options{Log: quiet})}
	end, err := lateLoop.pass(t.Context(), late)
	if fault.ReasonOf(err) != shard.ReasonLeaseLost || !end.stuck {
		t.Fatalf("got %+v, %v, want %s", end, err, shard.ReasonLeaseLost)
	}
	if n, published := count(t, db, "outbox"), stored(t, b.items); n != 3 || len(published) != 3 {
		t.Fatalf("%d rows and %d events after the refused deletion, want 3 and 3", n, len(published))
	}
	loop := &eventLoop{Relay: NewRelay(db, b.Bus, second, Options{Log: quiet})}
	if _, err := loop.pass(t.Context(), second.Leases()); err != nil {
		t.Fatal(err)
	}
	if n, published := count(t, db, "outbox"), stored(t, b.items); n != 0 || len(published) != 3 {
		t.Fatalf("%d rows and %d events after the new owner's pass, want 0 and 3", n, len(published))
	}
}

// While the broker is away nothing is lost and nobody is hurried; when it comes back everything goes.
func TestRelayWaitsForTheBroker(t *testing.T) {
	db := databasetest.New(t, nil)
	dir := t.TempDir()
	embedded, err := bus.StartEmbedded(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	b := bustest.Connect(t, embedded.URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, _ := owner(t, db, time.Minute)
	registry := prometheus.NewRegistry()
	relay := NewRelay(db, b, o, Options{Log: quiet, Registerer: registry})
	stop := start(t, relay.Run)
	url := embedded.URL()
	embedded.Stop()
	add(t, db, item("A", 1), item("A", 2))
	eventually(t, func() bool { return testutil.ToFloat64(relay.metrics.failures) >= 2 })

	var port int
	if _, err := fmt.Sscanf(url[strings.LastIndexByte(url, ':'):], ":%d", &port); err != nil {
		t.Fatal(err)
	}
	if embedded, err = bus.StartEmbedded(dir, quiet, bus.Port(port)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Stop)
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	eventually(t, func() bool { return testutil.ToFloat64(relay.metrics.events) == 2 })
	stop()
}

// A replica owns a part of the shards and relays only that; when the other stops, it relays the rest.
func TestTwoReplicas(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	first, stopFirst := owner(t, db, time.Second)
	second := shard.NewOwner(db, "test", shard.Lease(time.Second), shard.Log(quiet))
	start(t, second.Run)
	eventually(t, func() bool { return len(second.Leases().Shards()) == shard.Count/2 })
	start(t, NewRelay(db, b.Bus, second, Options{Log: quiet, Poll: 20 * time.Millisecond}).Run)

	var mine, others int
	for a := range 64 {
		sku := fmt.Sprint("ITEM-", a)
		add(t, db, item(sku, 1))
		if first.Leases().Holds(shard.Of(sku)) {
			others++
		} else {
			mine++
		}
	}
	eventually(t, func() bool { return count(t, db, "outbox") == others })
	if n := len(stored(t, b.items)); n != mine || others == 0 {
		t.Fatalf("%d events in the stream, want the %d of the replica's own shards", n, mine)
	}
	stopFirst()
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	if n := len(stored(t, b.items)); n != 64 {
		t.Fatalf("%d events in the stream, want 64", n)
	}
}

func TestRelayMeasuresDepthAndAge(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	old := item("A", 1)
	old.ID = firstID(time.Now().Add(-time.Hour))
	old.ID[6] = 0x70
	add(t, db, old, item("B", 1))
	relay := NewRelay(db, b.Bus, o, Options{Log: quiet, Registerer: prometheus.NewRegistry()})
	loop := &eventLoop{Relay: relay, leases: o.Leases()}
	loop.observe(t.Context(), time.Now())
	if depth, age := testutil.ToFloat64(relay.metrics.depth), testutil.ToFloat64(relay.metrics.age); depth != 2 || age < 3599 || age > 3700 {
		t.Fatalf("depth %v, age %v", depth, age)
	}
}

func TestRelayStopsClean(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	relay := NewRelay(db, b.Bus, o, Options{Log: quiet})
	add(t, db, item("A", 1))
	if _, err := (&eventLoop{Relay: relay}).pass(t.Context(), o.Leases()); err != nil {
		t.Fatal(err) // the connection has its goroutine for answers now
	}
	ignore := goleak.IgnoreCurrent()
	stop := start(t, relay.Run)
	add(t, db, item("A", 2))
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	stop()
	goleak.VerifyNone(t, ignore)
}
