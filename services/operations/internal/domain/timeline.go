// Package domain holds what operations decides: on which timelines an event stands, and what becomes of troubles. It is pure:
// no clock, no database, no messages.
package domain

import (
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

// NumberName is the name under which the events are found that tell an order's number.
func NumberName(number string) string { return "#" + strings.ReplaceAll(number, "\x00", "") }

// Names are the names under which facts are found: orders, things where no order is named, numbers of orders. Sorted, and
// each once.
func Names(facts []Fact) []string {
	names := map[string]bool{}
	for _, fact := range facts {
		for _, order := range fact.Orders {
			names[order] = true
		}
		if len(fact.Orders) == 0 {
			for _, object := range fact.Objects {
				names[object] = true
			}
		}
		if fact.Received != nil && fact.Received.ExternalID != "" {
			names[NumberName(fact.Received.ExternalID)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Belonging are the things that belong to an order, as the events of the things say. Sorted.
func Belonging(order string, facts []Fact) []string {
	things := map[string]bool{}
	for _, fact := range facts {
		if fact.Event.Aggregate != order && slices.Contains(fact.Orders, order) {
			things[fact.Event.Aggregate] = true
		}
	}
	return slices.Sorted(maps.Keys(things))
}

// Timeline is what stands on the timeline of an order to which things belong, in the order of recording, each event once.
func Timeline(order string, things []string, facts []Fact) []Event {
	found := map[string]Event{}
	for _, fact := range facts {
		mentions := len(fact.Orders) == 0 && slices.ContainsFunc(fact.Objects, func(object string) bool {
			_, ok := slices.BinarySearch(things, object)
			return ok
		})
		if mentions || slices.Contains(fact.Orders, order) {
			found[fact.Event.ID] = fact.Event
		}
	}
	return slices.SortedFunc(maps.Values(found), inOrder)
}

func inOrder(a, b Event) int {
	if at := a.RecordedAt.Compare(b.RecordedAt); at != 0 {
		return at
	}
	return strings.Compare(a.ID, b.ID)
}

// Slice says which part of a timeline is wanted.
type Slice struct {
	// KnownAt is the moment of which the knowledge is meant.
	KnownAt time.Time
	// AfterAt and AfterID are where the last page ended.
	AfterAt time.Time
	AfterID string
	// PartnersOnly leaves out what partners may not see.
	PartnersOnly bool
	// Size is how many events are wanted.
	Size int
}

// Cut gives a part of a timeline, with the event that brought each one about by the id of the latter, and whether there is
// more of it.
func (s Slice) Cut(timeline []Event) (page []Event, causes map[string]string, more bool) {
	timeline = slices.DeleteFunc(slices.Clone(timeline), func(event Event) bool {
		return event.RecordedAt.After(s.KnownAt) || s.PartnersOnly && !event.ForPartners
	})
	place := Event{ID: s.AfterID, RecordedAt: s.AfterAt}
	from := slices.IndexFunc(timeline, func(event Event) bool { return inOrder(event, place) > 0 })
	if from < 0 {
		return nil, nil, false
	}
	page = timeline[from:]
	if more = len(page) > s.Size; more {
		page = page[:s.Size]
	}
	return page, causesOf(timeline, page), more
}

// causesOf gives the events that brought about those of a page, by the ids of the latter: that which their publisher names, or
// the first of the kind that they follow.
func causesOf(timeline, page []Event) map[string]string {
	type kind struct{ eventType, aggregate string }
	present, first := map[string]bool{}, map[kind]string{}
	for _, event := range timeline {
		present[event.ID] = true
		if key := (kind{event.Type, event.Aggregate}); first[key] == "" {
			first[key] = event.ID
		}
	}
	causes := map[string]string{}
	for _, event := range page {
		cause := first[kind{event.CauseType, event.CauseAggregate}]
		if event.CausationID != "" {
			cause = ""
			if present[event.CausationID] {
				cause = event.CausationID
			}
		}
		if cause != "" && cause != event.ID {
			causes[event.ID] = cause
		}
	}
	return causes
}
