package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func (s *shelf) expectEvents(t *testing.T, want ...domain.EventKind) {
	t.Helper()
	if diff := cmp.Diff(want, s.kinds()); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
}

func TestTheWholeLife(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	s.one(domain.HandOver{Fulfillment: target()})
	s.one(domain.Acknowledge{Fulfillment: target()})
	s.one(pick(domain.Progress{Line: 1, Picked: 5, Packed: 3}))
	s.expect(t, domain.StageInProgress, counters{5, 3, 0, 0, 0}, counters{})
	s.one(s.ship("w1", false, 5))
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0}, counters{1, 1, 1, 0, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventSent, domain.EventAcknowledged, domain.EventPicked, domain.EventShipped,
		domain.EventClosed)
	if got := len(s.shipments[0].Lines); got != 2 {
		t.Errorf("%d lines in the first shipment, want the goods and the service", got)
	}
}

func TestCreateAgain(t *testing.T) {
	s := newShelf(t)
	first := s.create(5)
	again := s.one(s.order("YORK", 7, 8))
	if first.ID != again.ID || len(s.fulfillment().Lines) != 1 {
		t.Errorf("the repeat changed the order: %v", again)
	}
	s.expectEvents(t, domain.EventCreated)
}

func TestCreateRefuses(t *testing.T) {
	s := newShelf(t)
	twice := s.order("LEEDS", 1, 2)
	twice.Lines[1].Number = 1
	s.refused(domain.ReasonDuplicateLine, twice)
	s.refused(domain.ReasonNodeRequired, s.order("", 1, -1))
	if s.fulfillment() != nil {
		t.Error("a refused order is there")
	}
}

func TestServicesAloneAreShippedAtOnce(t *testing.T) {
	for _, node := range []string{"", "LEEDS"} {
		s := newShelf(t)
		s.one(s.order(node, -3, -1))
		s.expect(t, domain.StageClosed, counters{3, 3, 3, 0, 0}, counters{1, 1, 1, 0, 0})
		s.expectEvents(t, domain.EventCreated, domain.EventShipped, domain.EventClosed)
		if len(s.shipments) != 1 || len(s.shipments[0].Cartons) != 0 || s.shipments[0].NodeID != node {
			t.Errorf("shipments %+v", s.shipments)
		}
	}
}

func TestServicesGoOnlyWithTheFirstShipment(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	s.one(s.ship("w1", false, 2))
	s.one(s.ship("w2", true, 3))
	if got := len(s.shipments[1].Lines); got != 1 {
		t.Errorf("%d lines in the second shipment", got)
	}
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0}, counters{1, 1, 1, 0, 0})
}

func TestServicesAreShortWithTheGoods(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	s.one(pick(domain.Progress{Line: 1, Shorted: 5}))
	s.expect(t, domain.StageClosed, counters{0, 0, 0, 5, 0}, counters{0, 0, 0, 1, 0})
	if shorted := s.told[1].Shorted; len(shorted) != 2 || shorted[0].Quantity != 5 || !shorted[1].Service {
		t.Errorf("shorted %+v", shorted)
	}
	s.expectEvents(t, domain.EventCreated, domain.EventShorted, domain.EventClosed)
}

func TestFinalShipmentShortsTheRest(t *testing.T) {
	s := newShelf(t)
	s.create(10, 4)
	s.one(s.ship("w1", true, 7))
	s.expect(t, domain.StageClosed, counters{7, 7, 7, 3, 0}, counters{0, 0, 0, 4, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventShipped, domain.EventShorted, domain.EventClosed)
	s.one(pick(domain.Progress{Line: 1, Picked: 7, Packed: 7, Shorted: 3}))
	s.expect(t, domain.StageClosed, counters{7, 7, 7, 3, 0}, counters{0, 0, 0, 4, 0})
	s.expectEvents(t)
}

func TestOverShipmentIsUnplanned(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(s.ship("w1", false, 8))
	s.one(s.ship("w2", false, 2)) // after the end
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0})
	var got []int64
	for _, shipment := range s.shipments {
		for _, line := range shipment.Lines {
			if !line.Unplanned {
				line.Quantity = -line.Quantity
			}
			got = append(got, line.Quantity)
		}
	}
	if diff := cmp.Diff([]int64{-5, 3, 2}, got); diff != "" {
		t.Errorf("planned are negative here:\n%s", diff)
	}
	s.expectEvents(t, domain.EventCreated, domain.EventShipped, domain.EventClosed, domain.EventShipped)
}

func TestPickReportsEndAtWhatWasAsked(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(pick(domain.Progress{Line: 1, Picked: 9, Packed: 7}))
	s.expect(t, domain.StageInProgress, counters{5, 5, 0, 0, 0})
	s.one(pick(domain.Progress{Line: 1, Shorted: 100}))
	s.expect(t, domain.StageClosed, counters{5, 5, 0, 5, 0})
}

func TestReportsAreRefused(t *testing.T) {
	s := newShelf(t)
	s.refused(domain.ReasonUnknownFulfillment, pick(domain.Progress{Line: 1, Picked: 1}))
	s.refused(domain.ReasonUnknownFulfillment, s.ship("w1", false, 1))
	s.refused(domain.ReasonUnknownFulfillment, domain.Acknowledge{Fulfillment: target()})
	s.refused(domain.ReasonUnknownFulfillment, domain.AnswerStop{Fulfillment: target()})
	s.create(5, -1)
	s.refused(domain.ReasonUnknownLine, pick(domain.Progress{Line: 1, Picked: 1}, domain.Progress{Line: 3, Picked: 1}))
	s.refused(domain.ReasonNothingShipped, s.ship("w1", false, 0, 1))
	s.refused(domain.ReasonQuantityTooLarge, s.ship("w1", false, 1<<63-1))
	s.expect(t, domain.StageCreated, counters{}, counters{})
}

func TestRejected(t *testing.T) {
	for name, command := range map[string]domain.Command{
		"at the hand-over": domain.HandOver{Fulfillment: target(), Refused: true, Reason: "CLOSED_TODAY"},
		"afterwards":       domain.Acknowledge{Fulfillment: target(), Rejected: true, Reason: "CLOSED_TODAY"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.create(5, -1)
			s.one(command)
			s.one(command)
			s.expect(t, domain.StageRejected, counters{0, 0, 0, 0, 5}, counters{0, 0, 0, 0, 1})
			if reason := s.told[1].Reason; reason != "CLOSED_TODAY" {
				t.Errorf("reason %q", reason)
			}
			s.expectEvents(t, domain.EventCreated, domain.EventRejected)
		})
	}
}

// A report may be faster than the answer to the hand-over.
func TestLateHandOverSaysNothing(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(domain.Acknowledge{Fulfillment: target()})
	s.one(domain.HandOver{Fulfillment: target()})
	s.expect(t, domain.StageAcknowledged)
	s.expectEvents(t, domain.EventCreated, domain.EventAcknowledged)
}
