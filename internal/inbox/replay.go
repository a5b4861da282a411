package inbox

import (
	"context"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
)

// Kept is an event out of an archive, with the shard of its aggregate at the publisher.
type Kept struct {
	Event bus.Event
	Shard int32
}

// Outcome is what becomes of an event that is replayed to a consumer.
type Outcome int

const (
	// Applies is that of the next event of its aggregate, and of those that follow such. The consumer takes them within seconds.
	Applies Outcome = iota + 1
	// Waits is that of an event before which one is missing or is a dead letter. It is parked.
	Waits
	// Ignored is that of an event that the consumer has passed: it never applies one twice.
	Ignored
	// Withheld is that of what would apply or wait, where the effects call outside systems and that was not asked for.
	Withheld
	// Dead is that of a dead letter, about which somebody has to decide.
	Dead
)

// Replay hands events to a consumer in front of what waits behind them, in the caller's transaction, and tells of each that was
// not there already. All are of aggregates that the subscription follows. From a consumer whose effects call outside systems
// they are withheld unless outside is set. A repeat has no further effect.
func Replay(ctx context.Context, tx database.Transaction, sub Subscription, events []Kept, outside bool, by Decision) ([]Outcome, error) {
	items := keptItems(events)
	outcomes, err := sub.foresee(ctx, tx, items, outside)
	if err != nil {
		return nil, err
	}
	var put []*item
	waits := make(map[*item]bool)
	for i, it := range items {
		if outcomes[i] == Applies || outcomes[i] == Waits {
			put = append(put, it)
			waits[it] = outcomes[i] == Waits
		}
	}
	added, err := insertParked(ctx, tx, sub.Consumer, put)
	if err != nil {
		return nil, err
	}
	var replayed []replayedItem
	for _, it := range put {
		if added[it.spot()] {
			delete(added, it.spot()) // the same event twice is told once
			replayed = append(replayed, replayedItem{item: it, waits: waits[it]})
		}
	}
	return outcomes, tellReplayed(ctx, tx, sub.Consumer, replayed, outside, by)
}

// Foresee tells what Replay would make of events. Nothing is done.
func Foresee(ctx context.Context, db *database.DB, sub Subscription, events []Kept, outside bool) ([]Outcome, error) {
	outcomes, err := sub.foresee(ctx, db.Pool(), keptItems(events), outside)
	return outcomes, database.Fault(ctx, err)
}

func keptItems(events []Kept) []*item {
	items := make([]*item, 0, len(events))
	for _, kept := range events {
		items = append(items, newItem(kept.Event, kept.Shard))
	}
	return items
}

func (s Subscription) foresee(ctx context.Context, from querier, items []*item, outside bool) ([]Outcome, error) {
	if len(items) == 0 {
		return nil, nil
	}
	cursors, err := loadCursors(ctx, from, s.Consumer, items)
	if err != nil {
		return nil, err
	}
	parked, err := parkedAmong(ctx, from, s.Consumer, items)
	if err != nil {
		return nil, err
	}
	return outcomesOf(cursors, parked, items, s.Effects != StayInside && !outside), nil
}

// outcomesOf decides what becomes of items, given how far the consumer has come and what is parked. withheld: nothing is handed
// to this consumer.
func outcomesOf(cursors map[place]cursor, parked map[spot]bool, items []*item, withheld bool) []Outcome {
	there := make(map[spot]bool, len(parked)+len(items))
	for one := range parked {
		there[one] = true
	}
	for _, it := range items {
		there[it.spot()] = true
	}
	reach := make(map[place]int64) // the last one without a gap before it
	for _, it := range items {
		if _, known := reach[it.place()]; known {
			continue
		}
		last := cursors[it.place()].sequence
		for there[spot{it.place(), last + 1}] {
			last++
		}
		reach[it.place()] = last
	}
	outcomes := make([]Outcome, len(items))
	for i, it := range items {
		outcomes[i] = outcomeOf(cursors[it.place()], reach[it.place()], it.event.Sequence, withheld)
	}
	return outcomes
}

func outcomeOf(at cursor, reach, sequence int64, withheld bool) Outcome {
	switch {
	case sequence <= at.sequence:
		return Ignored
	case at.blocked && sequence == at.sequence+1:
		return Dead
	case withheld:
		return Withheld
	case at.blocked || sequence > reach:
		return Waits
	}
	return Applies
}
