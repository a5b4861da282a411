// Package domain holds what operations decides: on which timelines an event stands, and what becomes of troubles. It is pure:
// no clock, no database, no messages.
package domain

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Event is what an event tells. It is made from the event alone, so it comes out the same whenever it is read.
type Event struct {
	ID, Type, Kind, Aggregate string
	Sequence                  int64
	OccurredAt, RecordedAt    time.Time
	// CausationID is the event behind it, where its publisher says so. Else CauseType and CauseAggregate name what it follows:
	// the first event of that type of that thing.
	CausationID, CauseType, CauseAggregate string
	Actor, Sentence                        string
	ForPartners                            bool
}

// KnownOrder is whose order it is.
type KnownOrder struct {
	ID, Partner, Channel, ExternalID, Release, Account string
}

// Fact is an event with what it says of orders.
type Fact struct {
	Event Event
	// Orders are the orders that it names.
	Orders []string
	// Objects are other things that it names. Where it names orders, its own aggregate belongs to them; where it names none, it
	// stands on the timelines of the orders to which the objects belong.
	Objects []string
	// Received is set where it tells whose order it is.
	Received *KnownOrder
}

// Link says that a thing belongs to an order.
type Link struct{ Object, Order string }

// Mention says that an event names a thing.
type Mention struct{ Object, Event string }

// Entry says that an event stands on the timeline of an order.
type Entry struct {
	Order      string
	RecordedAt time.Time
	Event      string
}

// Threads are what a set of events adds to the timelines, sorted and each thing once. It is only ever added to, so the order
// in which sets come does not matter in the end.
type Threads struct {
	Events   []Event
	Orders   []KnownOrder
	Links    []Link
	Mentions []Mention
	Entries  []Entry
}

// Thread gathers what facts add to the timelines. Facts that concern no order, as far as they can say, add nothing.
func Thread(facts []Fact) Threads {
	var threads Threads
	events, orders := map[string]Event{}, map[string]KnownOrder{}
	links, mentions, entries := map[Link]bool{}, map[Mention]bool{}, map[Entry]bool{}
	for _, fact := range facts {
		if len(fact.Orders) == 0 && len(fact.Objects) == 0 {
			continue
		}
		events[fact.Event.ID] = fact.Event
		if fact.Received != nil {
			orders[fact.Received.ID] = *fact.Received
		}
		for _, order := range fact.Orders {
			entries[Entry{order, fact.Event.RecordedAt, fact.Event.ID}] = true
			if fact.Event.Aggregate != order {
				links[Link{fact.Event.Aggregate, order}] = true
			}
		}
		if len(fact.Orders) > 0 {
			continue
		}
		for _, object := range fact.Objects {
			mentions[Mention{object, fact.Event.ID}] = true
		}
	}
	threads.Events = slices.SortedFunc(maps.Values(events), func(a, b Event) int { return strings.Compare(a.ID, b.ID) })
	threads.Orders = slices.SortedFunc(maps.Values(orders), func(a, b KnownOrder) int { return strings.Compare(a.ID, b.ID) })
	threads.Links = slices.SortedFunc(maps.Keys(links), func(a, b Link) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Order, b.Order))
	})
	threads.Mentions = slices.SortedFunc(maps.Keys(mentions), func(a, b Mention) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Event, b.Event))
	})
	threads.Entries = slices.SortedFunc(maps.Keys(entries), func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Order, b.Order), strings.Compare(a.Event, b.Event))
	})
	return threads
}

// Touched are the things whose events may stand on more timelines now: those that are mentioned, and those whose link is new.
func (t Threads) Touched(added []Link) []string {
	touched := map[string]bool{}
	for _, mention := range t.Mentions {
		touched[mention.Object] = true
	}
	for _, link := range added {
		touched[link.Object] = true
	}
	return slices.Sorted(maps.Keys(touched))
}
