package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

func TestConsumerAppliesInOrder(t *testing.T) {
	w := newWorld(t)
	seen := make(chan Message, 1000)
	w.consume(fast(), func(ctx context.Context, tx database.Transaction, batch []Message) error {
		for _, message := range batch {
			seen <- message
		}
		return noteAll(ctx, tx, batch)
	})
	first := itemEvent("A", 1)
	w.tell(first)
	w.want("A", 1)
	got := <-seen
	if got.ID != first.ID || got.Type != first.Type || got.Kind != "masterdata.item" || got.Aggregate != "A" || got.Sequence != 1 ||
		got.Shard != shard.Of("A") || !got.OccurredAt.Equal(first.OccurredAt) || !got.RecordedAt.Equal(first.RecordedAt) ||
		got.CorrelationID != "req-1" || got.CausationID != "evt-0" || !proto.Equal(got.Payload, &masterdatav1.ItemChanged{Sku: "A"}) {
		t.Fatalf("got %+v", got)
	}
	// A node of the same name is another aggregate.
	node := itemEvent("A", 1)
	node.Type, node.Schema, node.ID = "waybill.masterdata.node.changed.v1", "waybill.masterdata.v1.NodeChanged", "evt-node"
	w.tell(itemEvent("A", 2), node, itemEvent("B", 1))
	w.want("A", 1, 2)
	w.want("B", 1)
	eventually(t, func() bool { return slices.Equal(w.effects("masterdata.node/A"), []int64{1}) })
	w.allAcked()
}

func TestConsumerWithRepeatsReorderAndGaps(t *testing.T) {
	w := newWorld(t)
	w.tell(itemEvent("A", 3), itemEvent("A", 1), itemEvent("A", 1), itemEvent("B", 2))
	c, _ := w.consume(fast(), noteAll)
	w.want("A", 1)
	eventually(t, func() bool { return testutil.ToFloat64(c.metrics.waiting) > 3 }) // A 3 and B 2 come again and again
	w.want("A", 1)
	w.want("B")
	w.tell(itemEvent("B", 1), itemEvent("A", 2), itemEvent("A", 2), itemEvent("A", 1))
	w.want("A", 1, 2, 3)
	w.want("B", 1, 2)
	w.allAcked()
	w.want("A", 1, 2, 3)
}

// A gap that lasts is parked in a table, so that it does not fill the broker's window, and closes when what is missing
// arrives.
func TestLastingGapIsParked(t *testing.T) {
	w := newWorld(t)
	options := fast()
	options.ParkAfter = 3
	c, _ := w.consume(options, noteAll)
	w.tell(itemEvent("A", 2), itemEvent("A", 3), itemEvent("B", 1))
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 2 })
	w.allAcked()
	eventually(t, func() bool { return testutil.ToFloat64(c.metrics.parked) == 2 })
	w.want("B", 1)
	w.want("A")
	w.tell(itemEvent("A", 1))
	w.want("A", 1, 2, 3)
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 0 })
}

// More parked events than one look brings are handled one look after the other, not one per poll: aggregates, and events of
// one aggregate.
func TestParkedEventsAreHandledAtOnce(t *testing.T) {
	w := newWorld(t)
	var items []*item
	add := func(sku string, sequence int64) {
		items = append(items, newItem(itemEvent(sku, sequence), shard.Of(sku)))
	}
	for n := range 2*parkedHeads + 1 {
		add(fmt.Sprintf("SKU-%03d", n), 1)
	}
	for n := range 2*parkedChain + 1 {
		add("LONG", int64(n+1))
	}
	_, err := database.Tx(t.Context(), w.db, "test", func(tx database.Transaction) (struct{}, error) {
		_, err := insertParked(t.Context(), tx, "test", items)
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	options := fast()
	options.ParkedPoll = time.Hour
	w.consume(options, noteAll)
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 0 })
	if got := len(w.effects(Key("masterdata.item", "LONG"))); got != 2*parkedChain+1 {
		t.Errorf("%d effects, want %d", got, 2*parkedChain+1)
	}
}

// What is older than the stream is gone. A new consumer parks what it finds until a person says from where on it counts.
func TestSkipPastWhatTheStreamLost(t *testing.T) {
	w := newWorld(t)
	options := fast()
	options.ParkAfter = 1
	w.consume(options, noteAll)
	w.tell(itemEvent("A", 41), itemEvent("A", 42))
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 2 })
	if err := w.skipGap("A", 40); err != nil {
		t.Fatal(err)
	}
	w.want("A", 41, 42)
	// It never goes back.
	if err := w.skipGap("A", 7); fault.ReasonOf(err) != "GAP_NOT_FOUND" {
		t.Fatalf("got %v", err)
	}
	w.tell(itemEvent("A", 8), itemEvent("A", 43))
	w.want("A", 41, 42, 43)
}

// poison fails for one item until it is cured.
type poison struct {
	sku   string
	err   error
	cured atomic.Bool
	calls atomic.Int64
}

func (p *poison) handle(ctx context.Context, tx database.Transaction, batch []Message) error {
	for _, message := range batch {
		if message.Aggregate == p.sku && message.Sequence == 2 && !p.cured.Load() {
			p.calls.Add(1)
			return p.err
		}
		if err := note(ctx, tx, message); err != nil {
			return err
		}
	}
	return nil
}

func poisoned(w *world) {
	for sequence := int64(1); sequence <= 4; sequence++ {
		for _, sku := range []string{"GOOD-1", "BAD", "GOOD-2"} {
			w.tell(itemEvent(sku, sequence))
		}
	}
}

func TestPoisonBecomesADeadLetter(t *testing.T) {
	for name, resolve := range map[string]struct {
		call func(*world, *poison) error
		want []int64
	}{
		"retried": {func(w *world, p *poison) error {
			p.cured.Store(true)
			return w.retry("evt-BAD-2")
		}, []int64{1, 2, 3, 4, 5}},
		"skipped": {func(w *world, _ *poison) error {
			return w.skip("evt-BAD-2")
		}, []int64{1, 3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := &poison{sku: "BAD", err: errors.New("cannot be understood")}
			poisoned(w)
			c, _ := w.consume(fast(), p.handle)
			w.want("GOOD-1", 1, 2, 3, 4)
			w.want("GOOD-2", 1, 2, 3, 4)
			w.want("BAD", 1)
			eventually(t, func() bool {
				return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`) == 1 &&
					w.count(`SELECT count(*) FROM inbox_parked`) == 2
			})
			w.allAcked()
			var id, aggregate, eventType, schema, cause string
			var sequence, attempts int64
			err := w.db.Pool().QueryRow(t.Context(), `SELECT id, aggregate, sequence, type, schema, error, attempts FROM inbox_dead_letter`).
				Scan(&id, &aggregate, &sequence, &eventType, &schema, &cause, &attempts)
			if err != nil {
				t.Fatal(err)
			}
			if id != "evt-BAD-2" || aggregate != "masterdata.item/BAD" || sequence != 2 || attempts != 3 ||
				eventType != "waybill.masterdata.item.changed.v1" || schema != "waybill.masterdata.v1.ItemChanged" ||
				!strings.Contains(cause, "cannot be understood") {
				t.Fatalf("got %s %s %d %s %s %q %d", id, aggregate, sequence, eventType, schema, cause, attempts)
			}
			if got := testutil.ToFloat64(c.metrics.deadLetters); got != 1 {
				t.Fatalf("%v dead letters were counted", got)
			}

			w.tell(itemEvent("BAD", 5), itemEvent("BAD", 2)) // goes behind, and once more the same
			eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked WHERE sequence > 2`) == 3 })
			if err := resolve.call(w, p); err != nil {
				t.Fatal(err)
			}
			w.want("BAD", resolve.want...)
			eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 0 })
			if n := w.count(`SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`); n != 0 {
				t.Fatalf("%d dead letters are open", n)
			}
			w.tell(itemEvent("BAD", 6))
			w.want("BAD", append(resolve.want, 6)...)
			if err := w.retry("evt-BAD-2"); fault.ReasonOf(err) != "DEAD_LETTER_RESOLVED" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// What was handed in again and fails again is a dead letter again.
func TestRetryThatFails(t *testing.T) {
	w := newWorld(t)
	p := &poison{sku: "BAD", err: errors.New("cannot be understood")}
	poisoned(w)
	w.consume(fast(), p.handle)
	open := func() bool { return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`) == 1 }
	eventually(t, open)
	calls := p.calls.Load()
	if err := w.retry("evt-BAD-2"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return p.calls.Load() > calls && open() })
	w.want("BAD", 1)
}

func TestPanicIsPoison(t *testing.T) {
	w := newWorld(t)
	w.consume(fast(), func(ctx context.Context, tx database.Transaction, batch []Message) error {
		for _, message := range batch {
			if message.Aggregate == "BAD" {
				panic("\x00\xff out of its mind") // which no database takes as text
			}
		}
		return noteAll(ctx, tx, batch)
	})
	w.tell(itemEvent("GOOD", 1), itemEvent("BAD", 1), itemEvent("GOOD", 2))
	w.want("GOOD", 1, 2)
	eventually(t, func() bool {
		return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE error LIKE '%out of its mind%'`) == 1
	})
}

// An event that has to wait is no poison, however often it comes: it waits with its aggregate, and the others flow.
func TestUnavailableWaits(t *testing.T) {
	w := newWorld(t)
	p := &poison{sku: "SLOW", err: later}
	c, _ := w.consume(fast(), p.handle)
	for sequence := int64(1); sequence <= 3; sequence++ {
		w.tell(itemEvent("SLOW", sequence), itemEvent("GOOD", sequence))
	}
	w.want("GOOD", 1, 2, 3)
	eventually(t, func() bool { return p.calls.Load() > 4*int64(c.options.MaxAttempts) })
	w.want("SLOW", 1)
	p.cured.Store(true)
	w.want("SLOW", 1, 2, 3)
	if n := w.count(`SELECT count(*) FROM inbox_dead_letter`); n != 0 {
		t.Fatalf("%d dead letters", n)
	}
}

// While the tables are not as the statements expect, as in a rollout, nothing is poison.
func TestMissingTableWaits(t *testing.T) {
	w := newWorld(t)
	w.tell(itemEvent("A", 1))
	if _, err := w.db.Pool().Exec(t.Context(), `ALTER TABLE effect RENAME TO moved`); err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	w.consume(fast(), func(ctx context.Context, tx database.Transaction, batch []Message) error {
		calls.Add(1)
		return noteAll(ctx, tx, batch)
	})
	eventually(t, func() bool { return calls.Load() > 10 })
	if _, err := w.db.Pool().Exec(t.Context(), `ALTER TABLE moved RENAME TO effect`); err != nil {
		t.Fatal(err)
	}
	w.want("A", 1)
}

// A handler that says whose fault it is saves the search: two runs for any number of events, plus one per attempt.
func TestBlameNamesTheGuilty(t *testing.T) {
	w := newWorld(t)
	const good = 60
	for i := range good {
		w.tell(itemEvent(fmt.Sprint("GOOD-", i), 1))
		if i == good/2 {
			w.tell(itemEvent("BAD", 1))
		}
	}
	var failed atomic.Int64
	options := fast()
	options.MaxAttempts = 1
	w.consume(options, func(ctx context.Context, tx database.Transaction, batch []Message) error {
		for _, message := range batch {
			if message.Aggregate == "BAD" {
				failed.Add(1)
				return Blame(errors.New("bad"), message.ID)
			}
		}
		return noteAll(ctx, tx, batch)
	})
	eventually(t, func() bool {
		return w.count(`SELECT count(*) FROM effect`) == good && w.count(`SELECT count(*) FROM inbox_dead_letter`) == 1
	})
	if n := failed.Load(); n > 2 { // the test database runs each closure twice
		t.Fatalf("the event was tried %d times", n)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.consume(fast(), noteAll)
	garbled := itemEvent("GARBLED", 1)
	garbled.Data = []byte{0xff}
	newer := itemEvent("A", 1)
	newer.Type, newer.Schema = "waybill.masterdata.item.praised.v1", "waybill.masterdata.v1.ItemPraised"
	headless := raw(itemEvent("A", 1))
	headless.Header = nats.Header{}
	w.publish(headless)
	w.tell(garbled, itemEvent("GARBLED", 2), newer, itemEvent("A", 2))
	w.want("A", 2) // the newer release's event only moved the cursor
	eventually(t, func() bool {
		return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE aggregate = '' AND id LIKE 'WAYBILL_MASTERDATA/%'`) == 1 &&
			w.count(`SELECT count(*) FROM inbox_dead_letter WHERE aggregate = 'masterdata.item/GARBLED'`) == 1 &&
			w.count(`SELECT count(*) FROM inbox_parked`) == 1
	})
	w.want("GARBLED")
	w.allAcked()
}

// The broker has forgotten the consumers, as when it starts again: they go on where they are known to have been, and what was
// acknowledged since comes once more.
func TestForgottenConsumersGoOn(t *testing.T) {
	w := newWorld(t)
	forget := func() {
		for number := range shard.Count {
			err := w.js.DeleteConsumer(t.Context(), "WAYBILL_MASTERDATA", fmt.Sprint("test_", number))
			if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
				t.Fatal(err)
			}
		}
	}
	options := fast()
	options.Remember = 10 * time.Millisecond
	_, stop := w.consume(options, noteAll)
	w.tell(itemEvent("A", 1), itemEvent("A", 2))
	w.want("A", 1, 2)
	eventually(t, func() bool { return w.count(`SELECT COALESCE(max(sequence), 0) FROM inbox_place`) == 2 })
	stop()
	forget()
	options.Remember = time.Hour
	c, stop := w.consume(options, noteAll)
	w.tell(itemEvent("A", 3))
	w.want("A", 1, 2, 3)
	w.allAcked()
	if again := testutil.ToFloat64(c.metrics.duplicates); again != 0 {
		t.Errorf("%v events came again", again)
	}
	stop()
	forget()
	c, stop = w.consume(options, noteAll)
	w.tell(itemEvent("A", 4))
	w.want("A", 1, 2, 3, 4)
	w.allAcked() // and counted before
	if again := testutil.ToFloat64(c.metrics.duplicates); again != 1 {
		t.Errorf("%v events came again, want the one after the stored place", again)
	}
	stop()
	// Whoever takes something else begins at the oldest event.
	forget()
	other := NewConsumer(w.db, w.bus, w.owner, Subscription{Consumer: "test", Aggregates: []string{"masterdata.item"}, Effects: StayInside, Handle: noteAll}, options)
	start(t, other.Run)
	eventually(t, func() bool { return testutil.ToFloat64(other.metrics.duplicates) == 4 })
}
