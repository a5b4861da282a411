package inbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/bus"
)

func numbered(aggregate string, sequence int64) *item {
	return &item{
		event: bus.Event{ID: fmt.Sprint(aggregate, "-", sequence), Aggregate: aggregate, Sequence: sequence},
		key:   Key("test.box", aggregate), known: true,
	}
}

func TestDecide(t *testing.T) {
	broken := func(it *item) *item {
		it.broken = errors.New("broken")
		return it
	}
	delivered := func(it *item, times uint64) *item {
		it.delivery = &bus.Delivery{Deliveries: times}
		return it
	}
	at := place{key: Key("test.box", "a")}
	for _, test := range []struct {
		name   string
		cursor cursor
		items  []*item
		want   []verdict
		after  cursor
	}{
		{"first", cursor{}, []*item{numbered("a", 1)}, []verdict{apply}, cursor{sequence: 1}},
		{"not the first", cursor{}, []*item{numbered("a", 2)}, []verdict{wait}, cursor{}},
		{"run", cursor{sequence: 4}, []*item{numbered("a", 5), numbered("a", 6)}, []verdict{apply, apply}, cursor{sequence: 6}},
		{"twice in a batch", cursor{sequence: 4}, []*item{numbered("a", 5), numbered("a", 5)}, []verdict{apply, duplicate}, cursor{sequence: 5}},
		{"old", cursor{sequence: 4}, []*item{numbered("a", 3), numbered("a", 4)}, []verdict{duplicate, duplicate}, cursor{sequence: 4}},
		{"gap", cursor{sequence: 4}, []*item{numbered("a", 5), numbered("a", 7)}, []verdict{apply, wait}, cursor{sequence: 5}},
		{"long gap", cursor{sequence: 4}, []*item{delivered(numbered("a", 6), 9), delivered(numbered("a", 7), 10)}, []verdict{wait, park}, cursor{sequence: 4}},
		{"blocked", cursor{sequence: 4, blocked: true}, []*item{numbered("a", 4), numbered("a", 5), numbered("a", 9)}, []verdict{duplicate, park, park}, cursor{sequence: 4, blocked: true}},
		{"broken", cursor{sequence: 4}, []*item{broken(numbered("a", 5)), numbered("a", 6)}, []verdict{bury, wait}, cursor{sequence: 4}},
		{"broken later", cursor{sequence: 4}, []*item{broken(numbered("a", 6))}, []verdict{wait}, cursor{sequence: 4}},
		{"broken before", cursor{sequence: 4}, []*item{broken(numbered("a", 4))}, []verdict{duplicate}, cursor{sequence: 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cursors := map[place]cursor{at: test.cursor}
			if got := decide(cursors, test.items, 10); !slices.Equal(got, test.want) || cursors[at] != test.after {
				t.Fatalf("got %v and %+v, want %v and %+v", got, cursors[at], test.want, test.after)
			}
		})
	}
}

// However events are repeated, reordered and cut into batches: each is applied once, in order within its aggregate.
func TestEveryOrderOfDeliveryGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var waiting []*item
		lengths := map[string]int64{}
		for a := range rapid.IntRange(1, 4).Draw(t, "aggregates") {
			name := fmt.Sprint("a", a)
			lengths[name] = int64(rapid.IntRange(1, 8).Draw(t, "length"))
			for sequence := range lengths[name] {
				for range rapid.IntRange(1, 3).Draw(t, "copies") {
					waiting = append(waiting, numbered(name, sequence+1))
				}
			}
		}
		cursors := map[place]cursor{}
		applied := map[string]int64{}
		for round := 0; len(waiting) > 0; round++ {
			if round > 1000 {
				t.Fatalf("%d events still wait", len(waiting))
			}
			waiting = rapid.Permutation(waiting).Draw(t, "order")
			n := rapid.IntRange(1, len(waiting)).Draw(t, "batch")
			batch := slices.Clone(waiting[:n])
			waiting = waiting[n:]
			arrange(batch)
			for i, verdict := range decide(cursors, batch, 10) {
				it := batch[i]
				switch verdict {
				case apply:
					applied[it.event.Aggregate]++
					if applied[it.event.Aggregate] != it.event.Sequence {
						t.Fatalf("%s was applied where %d was next", it.event.ID, applied[it.event.Aggregate])
					}
				case wait:
					waiting = append(waiting, it)
				case duplicate:
					if applied[it.event.Aggregate] < it.event.Sequence {
						t.Fatalf("%s was never applied", it.event.ID)
					}
				default:
					t.Fatalf("%s got verdict %d", it.event.ID, verdict)
				}
			}
		}
		for name, length := range lengths {
			if applied[name] != length {
				t.Fatalf("%s came to %d of %d", name, applied[name], length)
			}
		}
	})
}

// Arranging changes the order within aggregates only.
func TestArrangeKeepsPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []*item
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			items = append(items, numbered(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "aggregate"), rapid.Int64Range(1, 9).Draw(t, "sequence")))
		}
		before := slices.Clone(items)
		arrange(items)
		last := map[string]int64{}
		for i, it := range items {
			if it.key != before[i].key {
				t.Fatalf("place %d went from %s to %s", i, before[i].key, it.key)
			}
			if it.event.Sequence < last[it.key] {
				t.Fatalf("%s stands after %d", it.event.ID, last[it.key])
			}
			last[it.key] = it.event.Sequence
		}
	})
}
