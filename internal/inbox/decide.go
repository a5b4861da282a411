package inbox

import (
	"cmp"
	"slices"
)

// verdict is what becomes of an event.
type verdict int

const (
	// apply: it is the next of its aggregate.
	apply verdict = iota
	// duplicate: its effect is committed already.
	duplicate
	// wait: an earlier one of its aggregate is missing.
	wait
	// park: an earlier one is a dead letter, or has been missing for long. It waits in a table.
	park
	// bury: it is the next of its aggregate and can never be handled.
	bury
)

// cursor is how far the consumer has come with an aggregate.
type cursor struct {
	sequence int64
	blocked  bool
}

// place is where a cursor is stored.
type place struct {
	shard int32
	key   string
}

func (it *item) place() place { return place{shard: it.shard, key: it.key} }

// decide gives each item its verdict and moves the cursors over what is applied. Items must be in order, as arrange
// leaves them. parkAfter is from which delivery on a waiting event is parked.
func decide(cursors map[place]cursor, items []*item, parkAfter int) []verdict {
	verdicts := make([]verdict, len(items))
	stopped := make(map[place]bool) // behind an event to bury
	for i, it := range items {
		at := cursors[it.place()]
		switch next := at.sequence + 1; {
		case it.event.Sequence < next:
			verdicts[i] = duplicate
		case at.blocked:
			verdicts[i] = park
		case it.event.Sequence > next || stopped[it.place()]:
			verdicts[i] = wait
			if it.deliveries() >= parkAfter {
				verdicts[i] = park
			}
		case it.broken != nil:
			verdicts[i] = bury
			stopped[it.place()] = true
		default:
			verdicts[i] = apply
			at.sequence++
			cursors[it.place()] = at
		}
	}
	return verdicts
}

// arrange puts the events of each aggregate in order of sequence, at the places that they have among the others.
func arrange(items []*item) {
	positions := make(map[place][]int)
	sorted := true
	for i, it := range items {
		at := positions[it.place()]
		if len(at) > 0 && items[at[len(at)-1]].event.Sequence > it.event.Sequence {
			sorted = false
		}
		positions[it.place()] = append(at, i)
	}
	if sorted {
		return
	}
	for _, at := range positions {
		group := make([]*item, len(at))
		for i, position := range at {
			group[i] = items[position]
		}
		slices.SortStableFunc(group, func(a, b *item) int { return cmp.Compare(a.event.Sequence, b.event.Sequence) })
		for i, position := range at {
			items[position] = group[i]
		}
	}
}
