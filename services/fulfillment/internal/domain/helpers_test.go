package domain_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// reporter is what a test and a property have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// shelf is a book that goes on from set to set, as if each had been stored and loaded again.
type shelf struct {
	t    reporter
	book *domain.Book
	// told are all events so far, shipments all shipments.
	told       []domain.Event
	shipments  []*domain.Shipment
	exceptions []domain.Exception
	serial     byte
}

func newShelf(t reporter) *shelf { return &shelf{t: t, book: &domain.Book{Now: at}} }

// apply carries out commands as one set.
func (s *shelf) apply(commands ...domain.Command) []domain.Outcome {
	outcomes := s.book.Apply(commands)
	s.told = append(s.told, s.book.Changes.Events...)
	s.shipments = append(s.shipments, s.book.Changes.Shipments...)
	s.exceptions = append(s.exceptions, s.book.Changes.Exceptions...)
	s.book.Changes = domain.Changes{}
	return outcomes
}

// one carries out a command that must not be refused.
func (s *shelf) one(command domain.Command) domain.Outcome {
	s.t.Helper()
	outcome := s.apply(command)[0]
	if outcome.Refusal != nil {
		s.t.Fatalf("%T refused: %v", command, outcome.Refusal)
	}
	return outcome
}

// refused carries out a command and expects the reason.
func (s *shelf) refused(reason string, command domain.Command) {
	s.t.Helper()
	outcome := s.apply(command)[0]
	if outcome.Refusal == nil || outcome.Refusal.Reason != reason {
		s.t.Errorf("%T: got %v, want a refusal %s", command, outcome.Refusal, reason)
	}
}

// kinds are the kinds of the events since the last call.
func (s *shelf) kinds() []domain.EventKind {
	var kinds []domain.EventKind
	for _, event := range s.told {
		kinds = append(kinds, event.Kind)
	}
	s.told = nil
	return kinds
}

// shipmentID is a new id, the same in each run.
func (s *shelf) shipmentID() uuid.UUID {
	s.serial++
	return uuid.UUID(bytes.Repeat([]byte{s.serial}, 16))
}

const key = "release/1/LEEDS/1"

func target() uuid.UUID { return domain.IDOf(key) }

func (s *shelf) fulfillment() *domain.Fulfillment { return s.book.Fulfillments[target()] }

// create makes an order of goods with the given quantities; negative ones are services.
func (s *shelf) create(quantities ...int64) domain.Outcome {
	s.t.Helper()
	return s.one(s.order("LEEDS", quantities...))
}

func (s *shelf) order(node string, quantities ...int64) domain.Create {
	c := domain.Create{Key: key, OrderID: "ord_1", NodeID: node, ShipmentID: s.shipmentID()}
	for i, quantity := range quantities {
		c.Lines = append(c.Lines, domain.Line{
			Number: int32(i + 1), SKU: string(rune('A' + i)), BaseUnit: "EA", Requested: max(quantity, -quantity), Service: quantity < 0,
		})
	}
	return c
}

func (s *shelf) ship(number string, final bool, quantities ...int64) domain.Ship {
	c := domain.Ship{Fulfillment: target(), ShipmentID: s.shipmentID(), Number: number, Final: final}
	for i, quantity := range quantities {
		if quantity > 0 {
			c.Lines = append(c.Lines, domain.ReportLine{Line: int32(i + 1), Quantity: quantity})
		}
	}
	return c
}

func pick(lines ...domain.Progress) domain.Pick {
	return domain.Pick{Fulfillment: target(), Lines: lines}
}

// line is what a line counts: picked, packed, shipped, shorted, cancelled.
type counters [5]int64

func (s *shelf) counters(number int) counters {
	l := s.fulfillment().Lines[number-1]
	return counters{l.Picked, l.Packed, l.Shipped, l.Shorted, l.Cancelled}
}

func (s *shelf) expect(t *testing.T, stage domain.Stage, lines ...counters) {
	t.Helper()
	if got := s.fulfillment().Stage; got != stage {
		t.Errorf("stage %s, want %s", got, stage)
	}
	for i, want := range lines {
		if got := s.counters(i + 1); got != want {
			t.Errorf("line %d counts %v, want %v", i+1, got, want)
		}
	}
}
