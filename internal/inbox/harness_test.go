package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

var quiet = slog.New(slog.DiscardHandler)

// effects is the table of a service whose whole work is to note what it was told, in order. A second note of the same
// event is possible, so that doing something twice shows.
var effects = fstest.MapFS{"0001_effect.up.sql": {Data: []byte(`CREATE TABLE IF NOT EXISTS effect (
	aggregate TEXT NOT NULL, place INT8 NOT NULL, sequence INT8 NOT NULL, PRIMARY KEY (aggregate, place))`)}}

// note is the effect of one event.
func note(ctx context.Context, tx database.Transaction, message Message) error {
	_, err := tx.Exec(ctx, `INSERT INTO effect (aggregate, place, sequence)
		SELECT $1::TEXT, count(*) + 1, $2::INT8 FROM effect WHERE aggregate = $1`, message.Kind+"/"+message.Aggregate, message.Sequence)
	return err
}

func noteAll(ctx context.Context, tx database.Transaction, batch []Message) error {
	for _, message := range batch {
		if err := note(ctx, tx, message); err != nil {
			return err
		}
	}
	return nil
}

// world is a database, a broker and whoever owns the shards.
type world struct {
	t     testing.TB
	db    *database.DB
	bus   *bus.Bus
	js    jetstream.JetStream
	owner *shard.Owner
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldOn(t, databasetest.New(t, effects))
}

func worldOn(t testing.TB, db *database.DB) *world {
	t.Helper()
	return worldAt(t, db, bustest.Start(t).URL())
}

func worldAt(t testing.TB, db *database.DB, broker string) *world {
	t.Helper()
	w := &world{t: t, db: db, bus: bustest.Connect(t, broker)}
	if err := w.bus.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(broker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if w.js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	w.owner = shard.NewOwner(w.db, "test", shard.Lease(time.Minute), shard.Log(quiet))
	start(t, w.owner.Run)
	eventually(t, func() bool { return len(w.owner.Leases().Shards()) == shard.Count })
	return w
}

// fast are options with which nobody has to wait long.
func fast() Options {
	return Options{
		Log: quiet, AckWait: 2 * time.Second, RetryDelay: time.Millisecond, MaxAttempts: 3, WaitDelay: 5 * time.Millisecond,
		WaitMax: 50 * time.Millisecond, ParkedPoll: 20 * time.Millisecond, ParkAfter: 1000,
	}
}

// consume runs a consumer of items and nodes until stop is called or the test ends.
func (w *world) consume(options Options, handle func(context.Context, database.Transaction, []Message) error) (c *Consumer, stop func()) {
	w.t.Helper()
	c = NewConsumer(w.db, w.bus, w.owner, Subscription{
		Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Effects: StayInside, Handle: handle,
	}, options)
	return c, start(w.t, c.Run)
}

// start runs something until stop is called or the test ends.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// itemEvent is an event of an item as the relay would publish it.
func itemEvent(sku string, sequence int64) bus.Event {
	data, err := proto.Marshal(&masterdatav1.ItemChanged{Sku: sku})
	if err != nil {
		panic(err)
	}
	now := time.Now().Truncate(time.Microsecond).UTC()
	return bus.Event{
		ID: fmt.Sprintf("evt-%s-%d", sku, sequence), Source: "/waybill/masterdata", Type: "waybill.masterdata.item.changed.v1",
		Schema: "waybill.masterdata.v1.ItemChanged", Aggregate: sku, Sequence: sequence, OccurredAt: now, RecordedAt: now,
		CorrelationID: "req-1", CausationID: "evt-0", Data: data,
	}
}

// tell publishes events in the given order and without the id that the broker would recognise repeats by.
func (w *world) tell(events ...bus.Event) {
	w.t.Helper()
	for _, event := range events {
		w.publish(raw(event))
	}
}

func (w *world) publish(message *nats.Msg) {
	w.t.Helper()
	if _, err := w.js.PublishMsg(w.t.Context(), message); err != nil {
		w.t.Fatal(err)
	}
}

func raw(event bus.Event) *nats.Msg {
	return &nats.Msg{
		Subject: bus.Subject(event.Type, shard.Of(event.Aggregate)), Data: event.Data,
		Header: nats.Header{
			"ce-specversion": {"1.0"}, "ce-id": {event.ID}, "ce-source": {event.Source}, "ce-type": {event.Type},
			"ce-subject": {event.Aggregate}, "ce-dataschema": {event.Schema}, "ce-sequence": {fmt.Sprint(event.Sequence)},
			"ce-time": {event.OccurredAt.Format(time.RFC3339Nano)}, "ce-recordedtime": {event.RecordedAt.Format(time.RFC3339Nano)},
			"ce-correlationid": {event.CorrelationID}, "ce-causationid": {event.CausationID},
		},
	}
}

// want waits until exactly these effects of an item are there, in order.
func (w *world) want(sku string, sequences ...int64) {
	w.t.Helper()
	late := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		got := w.effects(Key("masterdata.item", sku))
		if slices.Equal(got, sequences) {
			return
		}
		select {
		case <-late:
			w.t.Fatalf("effects of %s are %v, want %v", sku, got, sequences)
		case <-tick.C:
		}
	}
}

func (w *world) effects(key string) []int64 {
	w.t.Helper()
	rows, err := w.db.Pool().Query(context.Background(), `SELECT sequence FROM effect WHERE aggregate = $1 ORDER BY place`, key)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var found []int64
	for rows.Next() {
		var sequence int64
		if err := rows.Scan(&sequence); err != nil {
			w.t.Fatal(err)
		}
		found = append(found, sequence)
	}
	return found
}

func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.db.Pool().QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// allAcked waits until the broker holds nothing that the consumer has not acknowledged.
func (w *world) allAcked() {
	w.t.Helper()
	eventually(w.t, func() bool {
		for number := range shard.Count {
			consumer, err := w.js.Consumer(context.Background(), "WAYBILL_MASTERDATA", fmt.Sprint("test_", number))
			if err != nil {
				return false
			}
			info := consumer.CachedInfo()
			if info.NumAckPending > 0 || info.NumPending > 0 {
				return false
			}
		}
		return true
	})
}

func eventually(t testing.TB, done func() bool) {
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

var later = fault.New(fault.Unavailable, "NOT_YET", "what this needs is not there yet")

// retry, skip and skipGap are what a person decides about the consumer of a test.

func (w *world) retry(eventID string) error {
	return w.decide(func(ctx context.Context, tx database.Transaction) error {
		_, err := RetryLetter(ctx, tx, "test", eventID, Decision{})
		return err
	})
}

func (w *world) skip(eventID string) error {
	return w.decide(func(ctx context.Context, tx database.Transaction) error {
		_, err := SkipLetter(ctx, tx, "test", eventID, Decision{})
		return err
	})
}

func (w *world) skipGap(sku string, upTo int64) error {
	return w.decide(func(ctx context.Context, tx database.Transaction) error {
		_, err := SkipGap(ctx, tx, "test", Key("masterdata.item", sku), upTo, Decision{})
		return err
	})
}

func (w *world) decide(how func(context.Context, database.Transaction) error) error {
	_, err := database.Tx(w.t.Context(), w.db, "decide", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, how(w.t.Context(), tx)
	})
	return err
}
