package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

func TestOutcomes(t *testing.T) {
	for name, at := range map[string]struct {
		cursor   cursor
		parked   []int64
		replayed []int64
		withheld bool
		want     []Outcome
	}{
		"next":                     {cursor{sequence: 2}, nil, []int64{3}, false, []Outcome{Applies}},
		"passed":                   {cursor{sequence: 3}, nil, []int64{2, 3}, false, []Outcome{Ignored, Ignored}},
		"behind a gap":             {cursor{sequence: 2}, nil, []int64{4}, false, []Outcome{Waits}},
		"the gap and behind it":    {cursor{sequence: 2}, nil, []int64{4, 3, 6}, false, []Outcome{Applies, Applies, Waits}},
		"behind what is parked":    {cursor{sequence: 2}, []int64{3, 4}, []int64{5}, false, []Outcome{Applies}},
		"parked already":           {cursor{sequence: 2}, []int64{3, 4}, []int64{4}, false, []Outcome{Applies}},
		"parked behind a gap":      {cursor{sequence: 2}, []int64{4}, []int64{4}, false, []Outcome{Waits}},
		"twice":                    {cursor{sequence: 2}, nil, []int64{3, 3}, false, []Outcome{Applies, Applies}},
		"a new aggregate":          {cursor{}, nil, []int64{1, 2}, false, []Outcome{Applies, Applies}},
		"a dead letter":            {cursor{sequence: 2, blocked: true}, []int64{4}, []int64{2, 3, 4}, false, []Outcome{Ignored, Dead, Waits}},
		"withheld":                 {cursor{sequence: 2}, nil, []int64{2, 3, 5}, true, []Outcome{Ignored, Withheld, Withheld}},
		"a dead letter, and ought": {cursor{sequence: 2, blocked: true}, nil, []int64{3, 4}, true, []Outcome{Dead, Withheld}},
	} {
		at2 := place{shard: 1, key: "masterdata.item/A"}
		parked := map[spot]bool{}
		for _, sequence := range at.parked {
			parked[spot{at2, sequence}] = true
		}
		var items []*item
		for _, sequence := range at.replayed {
			items = append(items, newItem(itemEvent("A", sequence), 1))
		}
		if got := outcomesOf(map[place]cursor{at2: at.cursor}, parked, items, at.withheld); !slices.Equal(got, at.want) {
			t.Errorf("%s: %v, want %v", name, got, at.want)
		}
	}
}

// replaying is how the consumer of these tests is subscribed.
func replaying(effects Effects, handle func(context.Context, database.Transaction, []Message) error) Subscription {
	return Subscription{Consumer: "test", Aggregates: []string{"masterdata.item", "masterdata.node"}, Effects: effects, Handle: handle}
}

func kept(events ...bus.Event) []Kept {
	all := make([]Kept, 0, len(events))
	for _, event := range events {
		all = append(all, Kept{Event: event, Shard: shard.Of(event.Aggregate)})
	}
	return all
}

func itemEvents(sku string, sequences ...int64) []bus.Event {
	events := make([]bus.Event, 0, len(sequences))
	for _, sequence := range sequences {
		events = append(events, itemEvent(sku, sequence))
	}
	return events
}

func (w *world) replay(sub Subscription, outside bool, events ...bus.Event) []Outcome {
	w.t.Helper()
	outcomes, err := database.Tx(w.t.Context(), w.db, "test", func(tx database.Transaction) ([]Outcome, error) {
		return Replay(w.t.Context(), tx, sub, kept(events...), outside, Decision{Actor: "ann", Reason: "lost"})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return outcomes
}

// lose deletes events from the stream, as a broker that lost its disk would.
func (w *world) lose(sequences ...uint64) {
	w.t.Helper()
	stream, err := w.js.Stream(w.t.Context(), "WAYBILL_MASTERDATA")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, sequence := range sequences {
		if err := stream.DeleteMsg(w.t.Context(), sequence); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) told() int { return w.count(`SELECT count(*) FROM outbox`) }

// What the stream lost is handed in out of the archive with all else that the archive holds: each event takes effect once, in its
// order, and what was replayed is told once.
func TestReplayFillsAGap(t *testing.T) {
	w := newWorld(t)
	events := append(itemEvents("A", 1, 2, 3, 4, 5), itemEvents("B", 1)...)
	w.tell(events...)
	w.lose(3, 6) // A/3 and B/1
	options := fast()
	options.ParkAfter = 2
	sub := replaying(StayInside, noteAll)
	w.consume(options, noteAll)
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 2 })
	w.want("A", 1, 2)

	want := []Outcome{Ignored, Ignored, Applies, Applies, Applies, Applies}
	foreseen, err := Foresee(t.Context(), w.db, sub, kept(events...), false)
	if err != nil || !slices.Equal(foreseen, want) {
		t.Errorf("foreseen %v (%v), want %v", foreseen, err, want)
	}
	if got := w.replay(sub, false, events...); !slices.Equal(got, want) {
		t.Errorf("replayed %v, want %v", got, want)
	}
	w.want("A", 1, 2, 3, 4, 5)
	w.want("B", 1)
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_parked`) == 0 })
	for _, outcome := range w.replay(sub, false, events...) {
		if outcome != Ignored {
			t.Errorf("a repeat: %v", outcome)
		}
	}
	if told := w.told(); told != 2 {
		t.Errorf("%d events were told to be replayed, want 2", told)
	}
	w.want("A", 1, 2, 3, 4, 5)
}

// What lies behind a gap that the archive has not either waits there, and follows once somebody goes past the gap.
func TestReplayBehindAGap(t *testing.T) {
	w := newWorld(t)
	sub := replaying(StayInside, noteAll)
	if got := w.replay(sub, false, itemEvents("A", 3, 4)...); !slices.Equal(got, []Outcome{Waits, Waits}) {
		t.Errorf("replayed: %v", got)
	}
	w.consume(fast(), noteAll)
	if err := w.skipGap("A", 2); err != nil {
		t.Fatal(err)
	}
	w.want("A", 3, 4)
}

// Consumers whose effects call outside systems, and those that do not say, get nothing unless it is asked for.
func TestReplayIsWithheld(t *testing.T) {
	w := newWorld(t)
	for _, effects := range []Effects{CallOutside, 0} {
		sub := replaying(effects, noteAll)
		if got := w.replay(sub, false, itemEvents("A", 1, 2)...); !slices.Equal(got, []Outcome{Withheld, Withheld}) {
			t.Errorf("replayed: %v", got)
		}
	}
	if parked := w.count(`SELECT count(*) FROM inbox_parked`) + w.told(); parked != 0 {
		t.Errorf("%d rows of what is withheld", parked)
	}
	if got := w.replay(replaying(CallOutside, noteAll), true, itemEvents("A", 1, 2)...); !slices.Equal(got, []Outcome{Applies, Applies}) {
		t.Errorf("asked for: %v", got)
	}
	w.consume(fast(), noteAll)
	w.want("A", 1, 2)
}

// A dead letter waits for its own decision; what follows it is parked behind it.
func TestReplayBehindADeadLetter(t *testing.T) {
	w := newWorld(t)
	sub := replaying(StayInside, noteAll)
	w.tell(itemEvent("A", 1))
	broken := errors.New("no")
	_, stop := w.consume(fast(), func(context.Context, database.Transaction, []Message) error { return broken })
	eventually(t, func() bool { return w.count(`SELECT count(*) FROM inbox_dead_letter`) == 1 })
	stop()
	if got := w.replay(sub, false, itemEvents("A", 1, 2)...); !slices.Equal(got, []Outcome{Dead, Waits}) {
		t.Errorf("replayed: %v", got)
	}
	w.consume(fast(), noteAll)
	if err := w.retry("evt-A-1"); err != nil {
		t.Fatal(err)
	}
	w.want("A", 1, 2)
}

// A subscription has to say where its effects lead.
func TestEffectsAreDeclared(t *testing.T) {
	w := newWorld(t)
	if err := NewConsumer(w.db, w.bus, w.owner, replaying(0, noteAll), fast()).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "where its effects lead") {
		t.Errorf("it runs: %v", err)
	}
}

// announcing notes events and tells of each; BAD ones fail in the database.
func announcing(ctx context.Context, tx database.Transaction, batch []Message) error {
	for _, message := range batch {
		if strings.HasPrefix(message.Aggregate, "BAD") && message.Sequence > 1 {
			if _, err := tx.Exec(ctx, `INSERT INTO effect (aggregate, place, sequence) VALUES ($1, NULL, 1)`, message.Aggregate); err != nil {
				return fmt.Errorf("it is bad: %w", err)
			}
		}
		if err := note(ctx, tx, message); err != nil {
			return err
		}
		err := outbox.Add(ctx, tx, outbox.Event{
			Aggregate: "node-" + message.Aggregate, Sequence: message.Sequence, Shard: shard.Of(message.Aggregate),
			Payload: &masterdatav1.NodeChanged{NodeId: "node-" + message.Aggregate},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dump is every row of the database.
func (w *world) dump() string {
	w.t.Helper()
	names, err := w.db.Pool().Query(w.t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`)
	if err != nil {
		w.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(names, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	var text strings.Builder
	for _, table := range tables {
		if strings.HasPrefix(table, "shard_") { // leases go on
			continue
		}
		rows, err := w.db.Pool().Query(w.t.Context(), `SELECT t::TEXT FROM `+pgx.Identifier{table}.Sanitize()+` AS t ORDER BY 1`)
		if err != nil {
			w.t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&text, table, strings.Join(lines, "\n"))
	}
	return text.String()
}

// A rehearsal leaves nothing, and tells what the run in earnest then does: what fails, what is told, how much changes.
func TestRehearsalTellsWhatReplayDoes(t *testing.T) {
	w := newWorld(t)
	sub := replaying(StayInside, announcing)
	events := append(append(itemEvents("A", 1, 2), itemEvents("BAD", 1, 2, 3)...), itemEvents("C", 2)...)
	events = append(events, itemEvents("A", 2)...) // once more
	before := w.dump()
	trials, err := Rehearse(t.Context(), w.db, sub, kept(events...), 100)
	if err != nil {
		t.Fatal(err)
	}
	if after := w.dump(); after != before {
		t.Fatalf("something is left:\n%s\nbefore:\n%s", after, before)
	}
	var got []string
	for _, trial := range trials {
		got = append(got, fmt.Sprint(trial.Tried, len(trial.Announced), trial.Rows, trial.Err != nil))
	}
	want := []string{
		"true 1 1 false", "true 1 1 false", "true 1 1 false", "true 0 0 true", "false 0 0 false", "false 0 0 false", "false 0 0 false",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("tried, told, rows, failed: %q, want %q", got, want)
	}
	if !strings.Contains(trials[3].Failure(), "it is bad") {
		t.Errorf("fails with %q", trials[3].Failure())
	}
	if told := trials[1].Announced[0]; told.Type != "waybill.masterdata.node.changed.v1" || told.Aggregate != "masterdata.node/node-A" {
		t.Errorf("told: %+v", told)
	}

	w.replay(sub, false, events...)
	replays := w.told()
	w.consume(fast(), announcing)
	w.want("A", 1, 2)
	w.want("BAD", 1)
	eventually(t, func() bool {
		return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE aggregate = 'masterdata.item/BAD' AND sequence = 2`) == 1
	})
	const dead = 1 // is told too
	if told := w.told() - replays - dead; told != 3 {
		t.Errorf("%d were told, want 3", told)
	}
}

// An effect that is sent to the server in one go is counted like one that is not.
func TestRehearsalCountsWhatIsSentInOneGo(t *testing.T) {
	w := newWorld(t)
	sub := replaying(StayInside, func(ctx context.Context, tx database.Transaction, batch []Message) error {
		writes := database.NewPipeline(tx)
		if err := announcing(ctx, writes, batch); err != nil {
			return err
		}
		return writes.Flush(ctx)
	})
	trials, err := Rehearse(t.Context(), w.db, sub, kept(itemEvents("A", 1, 2)...), 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, trial := range trials {
		if !trial.Tried || trial.Err != nil || len(trial.Announced) != 1 || trial.Rows != 1 {
			t.Errorf("event %d: %d told, %d rows changed, %v", i, len(trial.Announced), trial.Rows, trial.Err)
		}
	}
}

// What is beyond the bounds of number and time, or behind what is on its way, is not tried.
func TestRehearsalIsBounded(t *testing.T) {
	w := newWorld(t)
	tried := func(ctx context.Context, sub Subscription, limit int, events ...bus.Event) (n int) {
		t.Helper()
		trials, err := Rehearse(ctx, w.db, sub, kept(events...), limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range trials {
			if trial.Tried {
				n++
			}
		}
		return n
	}
	sub := replaying(StayInside, announcing)
	if n := tried(t.Context(), sub, 2, itemEvents("A", 1, 2, 3)...); n != 2 {
		t.Errorf("%d tried of at most 2", n)
	}
	if n := tried(t.Context(), sub, 0, itemEvents("A", 1)...); n != 0 {
		t.Errorf("%d tried of none", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if n := tried(ended, sub, 9, itemEvents("A", 1)...); n != 0 {
		t.Errorf("%d tried without time", n)
	}
	slow := replaying(StayInside, func(ctx context.Context, _ database.Transaction, _ []Message) error {
		<-ctx.Done()
		return ctx.Err()
	})
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if n := tried(short, slow, 9, itemEvents("A", 1)...); n != 0 {
		t.Errorf("%d tried past the time", n)
	}
	w.replay(sub, false, itemEvents("A", 1)...)
	if n := tried(t.Context(), sub, 9, itemEvents("A", 2)...); n != 0 {
		t.Errorf("%d tried behind what is on its way", n)
	}
	panics := replaying(StayInside, func(context.Context, database.Transaction, []Message) error { panic("oh") })
	trials, err := Rehearse(t.Context(), w.db, panics, kept(itemEvent("A", 1)), 9)
	if err != nil || !strings.Contains(trials[0].Failure(), "oh") {
		t.Errorf("a panic: %v, %v", trials, err)
	}
}
