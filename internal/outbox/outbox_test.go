package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/shard"
)

// item is an event about an item, in the item's shard.
func item(sku string, sequence int64) Event {
	return Event{
		Aggregate: sku, Sequence: sequence, Shard: shard.Of(sku), Payload: &masterdatav1.ItemChanged{Sku: sku},
	}
}

func add(t testing.TB, db *database.DB, events ...Event) {
	t.Helper()
	_, err := database.Tx(t.Context(), db, "add", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, Add(t.Context(), tx, events...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// owner runs an owner until stop is called or the test ends, and waits until it owns everything.
func owner(t testing.TB, db *database.DB, lease time.Duration) (o *shard.Owner, stop func()) {
	t.Helper()
	o = shard.NewOwner(db, "test", shard.Lease(lease), shard.Log(quiet))
	stop = start(t, o.Run)
	for late := time.After(20 * time.Second); ; {
		changed := o.Changed()
		if len(o.Leases().Shards()) == shard.Count {
			return o, stop
		}
		select {
		case <-changed:
		case <-late:
			t.Fatal("no leases")
		}
	}
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

var quiet = slog.New(slog.DiscardHandler)

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

func count(t testing.TB, db *database.DB, table string) int {
	t.Helper()
	var n int
	if err := db.Pool().QueryRow(context.Background(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// stored is what a stream holds, in its order, as "subject-id sequence".
func stored(t testing.TB, s jetstream.Stream) []string {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for sequence := info.State.FirstSeq; sequence <= info.State.LastSeq && info.State.Msgs > 0; sequence++ {
		message, err := s.GetMsg(t.Context(), sequence)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message.Header["ce-subject"][0]+" "+message.Header["ce-sequence"][0])
	}
	return all
}

// broker is a broker as the relay sees it, and what lies beneath.
type broker struct {
	*bus.Bus
	embedded *bus.Embedded
	js       jetstream.JetStream
	items    jetstream.Stream
}

func newBroker(t testing.TB) broker {
	t.Helper()
	embedded := bustest.Start(t)
	b := bustest.Connect(t, embedded.URL())
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(embedded.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	items, err := js.Stream(t.Context(), "WAYBILL_MASTERDATA")
	if err != nil {
		t.Fatal(err)
	}
	return broker{Bus: b, embedded: embedded, js: js, items: items}
}

func TestAddStoresWithTheTransaction(t *testing.T) {
	db := databasetest.New(t, nil)
	woken, stop := db.Listen(topicEvents)
	defer stop()
	_, err := database.Tx(t.Context(), db, "refused", func(tx database.Transaction) (struct{}, error) {
		if err := Add(t.Context(), tx, item("A", 1)); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, context.Canceled
	})
	if err == nil || count(t, db, "outbox") != 0 {
		t.Fatalf("an event of a transaction that failed is stored (%v)", err)
	}
	select {
	case <-woken:
		t.Fatal("the relay was woken for nothing")
	default:
	}

	occurred := time.Now().Add(-time.Hour).Truncate(time.Microsecond).UTC()
	event := item("A", 1)
	event.ID, event.OccurredAt, event.CorrelationID, event.CausationID = id.New(), occurred, "req-1", "evt_0"
	add(t, db, event, item("B", 4))
	<-woken
	var envelope []byte
	var row row
	err = db.Pool().QueryRow(t.Context(), `SELECT shard, id, aggregate, sequence, envelope FROM outbox WHERE aggregate = 'A'`).
		Scan(&row.shard, &row.id, &row.aggregate, &row.sequence, &envelope)
	if err != nil {
		t.Fatal(err)
	}
	got, err := bus.ParseEnvelope(envelope)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := got.Payload()
	if err != nil || !proto.Equal(payload, event.Payload) {
		t.Fatalf("got %v, %v", payload, err)
	}
	if row.id != event.ID || row.shard != shard.Of("A") || row.sequence != 1 || got.ID != "evt_"+event.ID.String() ||
		got.Type != "waybill.masterdata.item.changed.v1" || got.Source != "/waybill/masterdata" ||
		got.Schema != "waybill.masterdata.v1.ItemChanged" || got.Aggregate != "A" || got.Sequence != 1 ||
		!got.OccurredAt.Equal(occurred) || time.Since(got.RecordedAt) > time.Minute ||
		got.CorrelationID != "req-1" || got.CausationID != "evt_0" {
		t.Fatalf("got %+v, %+v", row, got)
	}
}

func TestAddRefusesDefects(t *testing.T) {
	db := databasetest.New(t, nil)
	for want, change := range map[string]func(*Event){
		"no payload":     func(e *Event) { e.Payload = nil },
		"no event":       func(e *Event) { e.Payload = &masterdatav1.Item{} },
		"a state event":  func(e *Event) { e.Payload = &inventoryv1.AvailabilityChanged{} },
		"no UUIDv7":      func(e *Event) { e.ID = uuid.New() },
		"no aggregate":   func(e *Event) { e.Aggregate = "" },
		"sequence is 0":  func(e *Event) { e.Sequence = 0 },
		"shard is 8":     func(e *Event) { e.Shard = 8 },
		"shard is -1":    func(e *Event) { e.Shard = -1 },
		`sku is "other"`: func(e *Event) { e.Payload = &masterdatav1.ItemChanged{Sku: "other"} },
		"more than the broker takes": func(e *Event) {
			e.Payload = &masterdatav1.ItemChanged{Sku: e.Aggregate, Item: &masterdatav1.Item{Description: strings.Repeat("x", maxPayload)}}
		},
	} {
		event := item("A", 1)
		change(&event)
		_, err := database.Tx(t.Context(), db, "add", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, Add(t.Context(), tx, item("B", 1), event)
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if n := count(t, db, "outbox"); n != 0 {
		t.Fatalf("%d rows were stored", n)
	}
}

func TestRelayPublishesInOrder(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	relay := NewRelay(db, b.Bus, o, Options{Log: quiet, Poll: time.Hour})
	stop := start(t, relay.Run)
	const aggregates, each = 20, 15
	var group sync.WaitGroup
	for a := range aggregates {
		group.Go(func() {
			sku := fmt.Sprintf("ITEM %02d", a)
			for sequence := int64(1); sequence <= each; sequence += 3 {
				add(t, db, item(sku, sequence), item(sku, sequence+1), item(sku, sequence+2))
			}
		})
	}
	group.Wait()
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	last := map[string]int64{}
	all := stored(t, b.items)
	for _, entry := range all {
		aggregate, text, _ := strings.Cut(entry, " ")
		last[aggregate]++
		if text != fmt.Sprint(last[aggregate]) {
			t.Fatalf("%s came where %d was expected", entry, last[aggregate])
		}
	}
	if len(all) != aggregates*each {
		t.Fatalf("%d events in the stream, want %d", len(all), aggregates*each)
	}
	stop()
}

// The broker refuses one event: what follows it in its aggregate waits, other aggregates flow on, and once the broker
// takes it everything comes in order.
func TestRelayHoldsBackWhatFollowsAFailure(t *testing.T) {
	for name, page := range map[string]int{"in a page": 8192, "in a walk": 2} {
		t.Run(name, func(t *testing.T) { holdsBack(t, page) })
	}
}

func holdsBack(t *testing.T, page int) {
	t.Helper()
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	config := b.items.CachedInfo().Config
	config.MaxMsgSize = 2000
	if _, err := b.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}

	big := item("A", 2)
	big.Payload = &masterdatav1.ItemChanged{Sku: "A", Item: &masterdatav1.Item{Description: strings.Repeat("x", 4000)}}
	add(t, db, item("A", 1), big, item("A", 3), item("B", 1), item("B", 2))
	start(t, NewRelay(db, b.Bus, o, Options{Log: quiet, Poll: 10 * time.Millisecond, Page: page}).Run)
	eventually(t, func() bool { return count(t, db, "outbox") == 2 })
	add(t, db, item("A", 4), item("B", 3)) // nudges it once more past the failure
	eventually(t, func() bool { return slices.Contains(stored(t, b.items), "B 3") })
	if got := stored(t, b.items); slices.Contains(got, "A 3") || slices.Contains(got, "A 4") || !slices.Contains(got, "A 1") {
		t.Fatalf("the stream holds %v", got)
	}
	config.MaxMsgSize = -1
	if _, err := b.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	if got := stored(t, b.items); !slices.Equal(got[len(got)-3:], []string{"A 2", "A 3", "A 4"}) {
		t.Fatalf("the stream holds %v", got)
	}
}

// A page that is cut by its limit may hold a later event of an aggregate without the earlier one, because ids are not
// quite in the order of sequences.
func TestRelayOrdersWhatALimitCuts(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	for a := range 5 {
		var events []Event
		sku := fmt.Sprint("ITEM-", a)
		for sequence := int64(7); sequence > 0; sequence-- { // the greatest sequence gets the smallest id
			event := item(sku, sequence)
			event.ID = id.New()
			events = append(events, event)
		}
		add(t, db, events...)
	}
	start(t, NewRelay(db, b.Bus, o, Options{Log: quiet, Page: 4}).Run)
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
	last := map[string]int{}
	for _, entry := range stored(t, b.items) {
		aggregate, sequence, _ := strings.Cut(entry, " ")
		last[aggregate]++
		if sequence != fmt.Sprint(last[aggregate]) {
			t.Fatalf("%s came where %d was expected", entry, last[aggregate])
		}
	}
	// And the walk through the backlog has come to its end.
	add(t, db, item("ITEM-0", 8))
	eventually(t, func() bool { return count(t, db, "outbox") == 0 })
}

// Scans begin at a lower bound. A row that lies before it, from a transaction that took long, is found by the full scan.
func TestFullScanFindsWhatTheLowerBoundHides(t *testing.T) {
	db := databasetest.New(t, nil)
	b := newBroker(t)
	o, _ := owner(t, db, time.Minute)
	loop := &eventLoop{Relay: NewRelay(db, b.Bus, o, Options{Log: quiet})}
	pass := func() {
		t.Helper()
		if _, err := loop.pass(t.Context(), o.Leases()); err != nil {
			t.Fatal(err)
		}
	}
	add(t, db, item("A", 1))
	pass()
	old := item("A", 2)
	old.ID = firstID(time.Now().Add(-2 * scanSlack))
	old.ID[6] = 0x70 // version 7
	add(t, db, old, item("B", 1))
	pass()
	if got := stored(t, b.items); !slices.Equal(got, []string{"A 1", "B 1"}) {
		t.Fatalf("the stream holds %v: scans have no lower bound", got)
	}
	loop.fullAt = time.Time{}
	pass()
	if got := stored(t, b.items); !slices.Equal(got, []string{"A 1", "B 1", "A 2"}) {
		t.Fatalf("the stream holds %v", got)
	}
}
