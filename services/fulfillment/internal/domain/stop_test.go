package domain_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func TestStopBeforeTheHandOver(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	if got := s.one(domain.Cancel{Key: key}); got.Stage != domain.StageCancelled {
		t.Errorf("outcome %+v", got)
	}
	s.one(domain.Cancel{Key: key})
	s.one(domain.HandOver{Fulfillment: target()})
	s.expect(t, domain.StageCancelled, counters{0, 0, 0, 0, 5}, counters{0, 0, 0, 0, 1})
	s.expectEvents(t, domain.EventCreated, domain.EventCancelled)
}

// Once a call may have reached the warehouse, nobody but the warehouse can say that it is stopped.
func TestStopDuringTheHandOverAsks(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.book.Taken = map[uuid.UUID]bool{target(): true}
	if got := s.one(domain.Cancel{Key: key}); got.Stage != domain.StageCreated || got.Stop != domain.StopRequested {
		t.Errorf("outcome %+v", got)
	}
	s.one(domain.AnswerStop{Fulfillment: target(), Accepted: true})
	s.expect(t, domain.StageCancelled, counters{0, 0, 0, 0, 5})
	s.expectEvents(t, domain.EventCreated, domain.EventCancelled)
}

func TestStopIsRefusedOnce(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(domain.HandOver{Fulfillment: target()})
	s.one(domain.Cancel{Key: key})
	for range 2 {
		s.one(domain.AnswerStop{Fulfillment: target(), Reason: "ALREADY_PICKED"})
	}
	if got := s.one(domain.Cancel{Key: key}); got.Stage != domain.StageSent || got.Stop != domain.StopRefused {
		t.Errorf("asked again: %+v", got)
	}
	s.one(s.ship("w1", true, 5))
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventSent, domain.EventCancelRefused, domain.EventShipped, domain.EventClosed)
}

// A shipment that comes before the warehouse's answer wins; what is left is stopped.
func TestShipmentBeforeTheAnswerWins(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(domain.HandOver{Fulfillment: target()})
	s.one(domain.Cancel{Key: key})
	s.one(s.ship("w1", false, 2))
	s.one(domain.AnswerStop{Fulfillment: target(), Accepted: true})
	s.expect(t, domain.StageCancelled, counters{2, 2, 2, 0, 3})
	s.expectEvents(t, domain.EventCreated, domain.EventSent, domain.EventShipped, domain.EventCancelled)
}

func TestWholeShipmentAnswersTheStop(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(domain.HandOver{Fulfillment: target()})
	s.one(domain.Cancel{Key: key})
	s.one(s.ship("w1", false, 5))
	s.one(domain.AnswerStop{Fulfillment: target(), Reason: "ALREADY_PICKED"})
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventSent, domain.EventShipped, domain.EventCancelRefused, domain.EventClosed)
}

func TestShipmentAfterTheStopIsUnplanned(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	s.one(domain.Cancel{Key: key})
	s.one(s.ship("w1", true, 4))
	s.expect(t, domain.StageCancelled, counters{0, 0, 0, 0, 5}, counters{0, 0, 0, 0, 1})
	if lines := s.shipments[0].Lines; len(lines) != 1 || !lines[0].Unplanned || lines[0].Quantity != 4 {
		t.Errorf("lines %+v", lines)
	}
	s.expectEvents(t, domain.EventCreated, domain.EventCancelled, domain.EventShipped)
}

func TestUndoneKeyIsRefused(t *testing.T) {
	s := newShelf(t)
	for range 2 {
		if got := s.one(domain.Cancel{Key: key, Reason: "late"}); got.Known {
			t.Errorf("outcome %+v", got)
		}
	}
	s.refused(domain.ReasonUndone, s.order("LEEDS", 5))
	s.expectEvents(t)
}

// What a warehouse reports of an order that has ended is kept, and is no news.
func TestPickAfterTheEndSaysNothing(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(domain.Cancel{Key: key})
	s.one(pick(domain.Progress{Line: 1, Picked: 4, Packed: 3, Shorted: 1}))
	s.expect(t, domain.StageCancelled, counters{4, 3, 0, 0, 5})
	s.expectEvents(t, domain.EventCreated, domain.EventCancelled)
}
