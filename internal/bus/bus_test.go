package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
)

const itemChanged = "waybill.masterdata.item.changed.v1"

func itemEvent(t *testing.T, sku string, sequence int64) bus.Event {
	t.Helper()
	data, err := proto.Marshal(&masterdatav1.ItemChanged{Sku: sku})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Microsecond).UTC()
	return bus.Event{
		ID: fmt.Sprintf("%s-%d", sku, sequence), Source: "/waybill/masterdata", Type: itemChanged, Schema: "waybill.masterdata.v1.ItemChanged",
		Aggregate: sku, Sequence: sequence, OccurredAt: now, RecordedAt: now, Data: data,
	}
}

func publish(t *testing.T, b *bus.Bus, shard int32, event bus.Event) uint64 {
	t.Helper()
	ack, err := b.Publish(bus.Subject(event.Type, shard), event)
	if err != nil {
		t.Fatal(err)
	}
	sequence, err := ack.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func pull(t *testing.T, b *bus.Bus, shard int32, kinds ...string) *bus.Pull {
	t.Helper()
	p, err := b.Pull(t.Context(), bus.PullConfig{
		Stream: "WAYBILL_MASTERDATA", Durable: "test", Kinds: kinds, Shard: shard, AckWait: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func next(t *testing.T, p *bus.Pull) bus.Delivery {
	t.Helper()
	delivery, err := p.Next(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return delivery
}

func TestEnsureStreamsMayRunAnyTime(t *testing.T) {
	broker := bustest.Start(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := bustest.Connect(t, broker.URL()).EnsureStreams(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	conn, err := nats.Connect(broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "WAYBILL_INVENTORY")
	if err != nil {
		t.Fatal(err)
	}
	made := stream.CachedInfo()
	if !slices.Contains(made.Config.Subjects, "waybill.inventory.reservation.>") ||
		slices.Contains(made.Config.Subjects, "waybill.inventory.availability.>") {
		t.Fatalf("subjects are %v", made.Config.Subjects)
	}
	states, err := js.Stream(t.Context(), "WAYBILL_INVENTORY_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if got := states.CachedInfo().Config; got.MaxMsgsPerSubject != 1 || !slices.Equal(got.Subjects, []string{"waybill.inventory.availability.>"}) {
		t.Fatalf("the state stream is %+v", got)
	}

	// A newer release has added a subject and keeps events longer; an operator has shortened the window for ids.
	newer := made.Config
	newer.Subjects = append(slices.Clone(newer.Subjects), "waybill.inventory.future.>")
	newer.MaxAge += time.Hour
	newer.Duplicates = time.Second
	if _, err := js.UpdateStream(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if err := bustest.Connect(t, broker.URL()).EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stream, err = js.Stream(t.Context(), "WAYBILL_INVENTORY"); err != nil {
		t.Fatal(err)
	}
	got := stream.CachedInfo().Config
	if !slices.Contains(got.Subjects, "waybill.inventory.future.>") || got.MaxAge != newer.MaxAge || got.Duplicates == time.Second {
		t.Fatalf("after the older release: %v, %v, %v", got.Subjects, got.MaxAge, got.Duplicates)
	}
	if !stream.CachedInfo().Created.Equal(made.Created) {
		t.Fatal("the stream was made anew")
	}
}

func TestPublishAndPull(t *testing.T) {
	b := bustest.New(t)
	first := publish(t, b, 3, itemEvent(t, "A", 1))
	if again := publish(t, b, 3, itemEvent(t, "A", 1)); again != first {
		t.Fatalf("a repeat was stored anew, as %d after %d", again, first)
	}
	publish(t, b, 4, itemEvent(t, "B", 1))

	p := pull(t, b, 3, "masterdata.item")
	got := next(t, p)
	want := itemEvent(t, "A", 1)
	if got.Malformed != nil || got.Event.ID != want.ID || got.Event.Kind() != "masterdata.item" || got.Shard != 3 ||
		got.Deliveries != 1 || got.Pending != 0 {
		t.Fatalf("got %+v", got)
	}
	payload, err := got.Event.Payload()
	if err != nil || !proto.Equal(payload, &masterdatav1.ItemChanged{Sku: "A"}) {
		t.Fatalf("got %v, %v", payload, err)
	}
	got.Again(0)
	got = next(t, p)
	if got.Event.ID != want.ID || got.Deliveries != 2 {
		t.Fatalf("got %+v, want the second delivery of the same", got)
	}
	got.Ack()
}

// A consumer that begins to follow another kind must not miss what that kind told before.
func TestPullBeginsAnewWithNewKinds(t *testing.T) {
	b := bustest.New(t)
	publish(t, b, 0, itemEvent(t, "A", 1))
	first := pull(t, b, 0, "masterdata.item")
	next(t, first).Ack()
	first.Stop()
	node := itemEvent(t, "N", 1)
	node.Type = "waybill.masterdata.node.changed.v1"
	publish(t, b, 0, node)

	both := pull(t, b, 0, "masterdata.node", "masterdata.item")
	for _, want := range []string{"A", "N"} {
		if got := next(t, both); got.Event.Aggregate != want {
			t.Fatalf("got %s, want %s", got.Event.Aggregate, want)
		}
	}
	both.Stop()
	if _, err := both.Next(soon(t)); err == nil {
		t.Fatal("a stopped pull delivers")
	}
}

// What was fetched and not delivered is there for the next at once, long before AckWait.
func TestReturnGivesBack(t *testing.T) {
	b := bustest.New(t)
	const events = 20
	for sequence := int64(1); sequence <= events; sequence++ {
		publish(t, b, 0, itemEvent(t, "A", sequence))
	}
	first := pull(t, b, 0, "masterdata.item")
	if got := next(t, first); got.Event.Sequence != 1 {
		t.Fatalf("got %+v", got)
	}
	first.Return()
	second := pull(t, b, 0, "masterdata.item")
	seen := map[int64]bool{}
	for len(seen) < events-1 {
		got := next(t, second)
		got.Ack()
		seen[got.Event.Sequence] = true
	}
	if seen[1] {
		t.Fatal("what was delivered came again before its time")
	}
}

func TestMalformedIsDeliveredAsSuch(t *testing.T) {
	broker := bustest.Start(t)
	b := bustest.Connect(t, broker.URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Request(itemChanged+".1", []byte("anything"), time.Second); err != nil {
		t.Fatal(err)
	}
	got := next(t, pull(t, b, 1, "masterdata.item"))
	if got.Malformed == nil || got.StreamSequence != 1 || got.Stream != "WAYBILL_MASTERDATA" {
		t.Fatalf("got %+v", got)
	}
}

func TestStreamsOfKinds(t *testing.T) {
	b := bustest.Connect(t, bustest.Start(t).URL())
	got, err := b.Streams([]string{"masterdata.item", "inventory.stock", "masterdata.item", "masterdata.node"})
	if err != nil || len(got) != 2 || !slices.Equal(got["WAYBILL_MASTERDATA"], []string{"masterdata.item", "masterdata.node"}) {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, unknown := range []string{"masterdata.nothing", "inventory.availability"} {
		if _, err := b.Streams([]string{unknown}); err == nil {
			t.Errorf("%s has a stream to pull from", unknown)
		}
	}
}

// An event stays where it was acknowledged, across a restart of the broker; connections find back by themselves.
func TestBrokerRestart(t *testing.T) {
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	broker, err := bus.StartEmbedded(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	url := broker.URL()
	b := bustest.Connect(t, url)
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, 0, itemEvent(t, "A", 1))
	watch, err := b.WatchState(t.Context(), &inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	broker.Stop()

	eventually(t, func() bool { return b.Healthy() != nil })
	if _, err := b.Publish(bus.Subject(itemChanged, 0), itemEvent(t, "A", 2)); err == nil {
		t.Fatal("an event was sent to nobody")
	}
	port := 0
	if _, err := fmt.Sscanf(url[strings.LastIndexByte(url, ':'):], ":%d", &port); err != nil {
		t.Fatal(err)
	}
	if broker, err = bus.StartEmbedded(dir, quiet, bus.Port(port)); err != nil {
		t.Fatal(err)
	}
	defer broker.Stop()
	eventually(t, func() bool { return b.Healthy() == nil })
	publish(t, b, 0, itemEvent(t, "A", 2))
	p := pull(t, b, 0, "masterdata.item")
	for sequence := range int64(2) {
		if got := next(t, p); got.Event.Sequence != sequence+1 {
			t.Fatalf("got sequence %d, want %d", got.Event.Sequence, sequence+1)
		}
	}
	publishState(t, b, 1, 0, "A", "N")
	if got, err := watch.Next(soon(t)); err != nil || got.Version != 1 {
		t.Fatalf("the watch did not come back: %+v, %v", got, err)
	}
}

func TestNothingLeaks(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	broker, err := bus.StartEmbedded(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(t.Context(), broker.URL(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, 0, itemEvent(t, "A", 1))
	p, err := b.Pull(t.Context(), bus.PullConfig{
		Stream: "WAYBILL_MASTERDATA", Durable: "test", Kinds: []string{"masterdata.item"}, AckWait: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	next(t, p)
	watch, err := b.WatchState(t.Context(), &inventoryv1.AvailabilityChanged{})
	if err != nil {
		t.Fatal(err)
	}
	watch.Close()
	p.Stop()
	b.Close()
	broker.Stop()
	goleak.VerifyNone(t, ignore)
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-late:
			t.Fatal("it never came true")
		case <-tick.C:
		}
	}
}

func publishState(t *testing.T, b *bus.Bus, version int64, last uint64, parts ...string) uint64 {
	t.Helper()
	sequence, err := tryPublishState(t, b, version, last, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

func tryPublishState(t *testing.T, b *bus.Bus, version int64, last uint64, parts ...string) (uint64, error) {
	t.Helper()
	data, err := proto.Marshal(&inventoryv1.AvailabilityChanged{Sku: parts[0], NodeId: parts[1], Version: version})
	if err != nil {
		t.Fatal(err)
	}
	event := itemEvent(t, strings.Join(parts, "|"), 0)
	event.Type, event.Schema, event.Data, event.Version = availability, "waybill.inventory.v1.AvailabilityChanged", data, version
	ack, err := b.PublishState(bus.StateSubject(availability, parts...), event, last)
	if err != nil {
		return 0, err
	}
	return ack.Wait(t.Context())
}

const availability = "waybill.inventory.availability.changed.v1"
