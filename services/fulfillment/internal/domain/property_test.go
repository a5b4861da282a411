package domain_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// A warehouse's true story, told with reports twice and in any order, ends in the same state as told in its own order.
func TestReportsInAnyOrderGiveTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		quantities, reports := story(r)
		straight, mixed := newShelf(r), newShelf(r)
		straight.create(quantities...)
		mixed.create(quantities...)
		straight.apply(reports...)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		shuffled := slices.Clone(reports)
		for range reports {
			shuffled = append(shuffled, reports[order.IntN(len(reports))])
		}
		order.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, report := range shuffled {
			mixed.one(report)
		}
		if diff := cmp.Diff(straight.fulfillment().Lines, mixed.fulfillment().Lines); diff != "" {
			r.Fatalf("lines differ:\n%s", diff)
		}
		if a, b := straight.fulfillment().Stage, mixed.fulfillment().Stage; a != b {
			r.Fatalf("stages %s and %s", a, b)
		}
		if len(straight.shipments) != len(mixed.shipments) {
			r.Fatalf("%d and %d shipments", len(straight.shipments), len(mixed.shipments))
		}
		straight.sound()
		mixed.sound()
		for _, shipment := range mixed.shipments {
			for _, line := range shipment.Lines {
				if line.Unplanned {
					r.Fatalf("unplanned: %+v", line)
				}
			}
		}
	})
}

// story draws an order and what a warehouse reports of it: cumulative picks, shipments, what is short at the end.
func story(r *rapid.T) (quantities []int64, reports []domain.Command) {
	quantities = rapid.SliceOfN(rapid.Int64Range(1, 20), 1, 4).Draw(r, "quantities")
	shipments := rapid.IntRange(0, 3).Draw(r, "shipments")
	left := slices.Clone(quantities)
	done := make([]domain.Progress, len(quantities))
	for i := range done {
		done[i].Line = int32(i + 1)
	}
	if rapid.Bool().Draw(r, "acknowledged") {
		reports = append(reports, domain.Acknowledge{Fulfillment: target()})
	}
	reports = append(reports, domain.HandOver{Fulfillment: target()})
	serial := newShelf(r)
	for n := range shipments {
		parts := make([]int64, len(quantities))
		total := int64(0)
		for i := range left {
			parts[i] = rapid.Int64Range(0, left[i]).Draw(r, "part")
			left[i] -= parts[i]
			missing := rapid.Int64Range(0, left[i]).Draw(r, "missing")
			left[i] -= missing
			done[i].Shorted += missing
			done[i].Packed += parts[i]
			done[i].Picked = done[i].Packed + rapid.Int64Range(0, left[i]).Draw(r, "picked ahead")
			total += parts[i]
		}
		reports = append(reports, pick(slices.Clone(done)...))
		if total > 0 {
			reports = append(reports, serial.ship(fmt.Sprint("w", n), false, parts...))
		}
	}
	if rapid.Bool().Draw(r, "ends short") {
		for i := range left {
			done[i].Shorted += left[i]
		}
		reports = append(reports, pick(slices.Clone(done)...))
	}
	if rapid.Bool().Draw(r, "with a service") {
		quantities = append(quantities, -1)
	}
	return quantities, reports
}

// Whatever is said in whatever order, the rules of the counters, of the events and of the ends hold after each word.
func TestAnythingKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newShelf(r)
		quantities := rapid.SliceOfN(rapid.SampledFrom([]int64{1, 5, 9, -2}), 1, 4).Draw(r, "quantities")
		create := s.order("LEEDS", quantities...)
		for i := range create.Lines {
			create.Lines[i].Tolerance = rapid.Int64Range(0, 3).Draw(r, "tolerance")
		}
		small := rapid.Int64Range(0, 12)
		stops := 0
		r.Repeat(map[string]func(*rapid.T){
			"create": func(*rapid.T) { s.apply(create) },
			"taken":  func(*rapid.T) { s.book.Taken = map[uuid.UUID]bool{target(): true} },
			"cancel": func(*rapid.T) {
				before := s.fulfillment() != nil && s.fulfillment().Stop == domain.StopNone
				if s.apply(domain.Cancel{Key: key}); before && s.fulfillment().Stop == domain.StopRequested {
					stops++
				}
			},
			"hand over": func(r *rapid.T) {
				s.apply(domain.HandOver{Fulfillment: target(), Refused: rapid.IntRange(0, 5).Draw(r, "refused") == 0})
			},
			"acknowledge": func(r *rapid.T) {
				s.apply(domain.Acknowledge{Fulfillment: target(), Rejected: rapid.IntRange(0, 5).Draw(r, "rejected") == 0})
			},
			"pick": func(r *rapid.T) {
				line := int32(rapid.IntRange(1, len(quantities)).Draw(r, "line"))
				s.apply(pick(domain.Progress{
					Line: line, Picked: small.Draw(r, "picked"), Packed: small.Draw(r, "packed"), Shorted: small.Draw(r, "shorted"),
				}))
			},
			"ship": func(r *rapid.T) {
				number := rapid.SampledFrom([]string{"w1", "w2", "w3", "w4"}).Draw(r, "number")
				s.apply(s.ship(number, rapid.Bool().Draw(r, "final"), rapid.SliceOfN(small, 1, len(quantities)).Draw(r, "parts")...))
			},
			"manifest": func(r *rapid.T) {
				number := rapid.SampledFrom([]string{"w1", "w2", "w3", "w4"}).Draw(r, "number")
				parts := rapid.SliceOfN(small, 1, len(quantities)).Draw(r, "parts")
				s.apply(s.manifest(number, rapid.Bool().Draw(r, "packed only"), parts...))
			},
			"void": func(r *rapid.T) {
				s.apply(domain.Void{Ref: s.named(rapid.SampledFrom([]string{"w1", "w2", "w3", "w4"}).Draw(r, "number"))})
			},
			"track": func(r *rapid.T) {
				s.apply(domain.Track{
					Ref: s.named(rapid.SampledFrom([]string{"w1", "w2", "w3", "w4"}).Draw(r, "number")), Milestone: milestone(r),
				})
			},
			"absorb": func(r *rapid.T) {
				if s.fulfillment() != nil {
					s.apply(domain.Absorb{
						Ref: s.named(rapid.SampledFrom([]string{"w1", "w2", "w3", "w4"}).Draw(r, "number")), ShipmentID: s.shipmentID(),
					})
				}
			},
			"close short": func(r *rapid.T) {
				if rapid.IntRange(0, 5).Draw(r, "closes") == 0 {
					s.apply(domain.CloseShort{Fulfillment: target()})
				}
			},
			"answer": func(r *rapid.T) {
				s.apply(domain.AnswerStop{Fulfillment: target(), Accepted: rapid.Bool().Draw(r, "accepted")})
			},
			"": func(*rapid.T) { s.sound(); s.answered(stops) },
		})
	})
}

// sound checks the rules on the order, its shipments and all events so far.
func (s *shelf) sound() {
	s.t.Helper()
	f := s.fulfillment()
	if f == nil {
		return
	}
	shipped := map[int32]int64{}
	for _, shipment := range s.shipments {
		for _, line := range shipment.Lines {
			if !line.Unplanned && shipment.Left() {
				shipped[line.Line] += line.Quantity - line.Over
			}
			if line.Quantity <= 0 {
				s.t.Fatalf("a shipment line of %d", line.Quantity)
			}
		}
	}
	for _, l := range f.Lines {
		if l.Requested < l.Picked || l.Picked < l.Packed || l.Packed < l.Shipped || l.Shipped < 0 || l.Shorted < 0 ||
			l.Cancelled < 0 || l.Remaining() < 0 || l.Over < 0 || l.Over > l.Tolerance || shipped[l.Number] != l.Shipped {
			s.t.Fatalf("line %+v, shipments hold %d", l, shipped[l.Number])
		}
	}
	if f.Ended() == f.Remaining() {
		s.t.Fatalf("stage %s, lines %+v", f.Stage, f.Lines)
	}
	ends, sequence := 0, int64(0)
	for _, event := range s.told {
		if event.Shipment != nil {
			continue
		}
		switch event.Kind { //nolint:exhaustive // the others are not ends
		case domain.EventClosed, domain.EventRejected, domain.EventCancelled:
			ends++
		}
		if sequence++; event.Sequence != sequence {
			s.t.Fatalf("event %d has sequence %d, want %d", event.Kind, event.Sequence, sequence)
		}
	}
	if ended := f.Ended(); ended != (ends == 1) || ends > 1 || sequence != f.Sequence {
		s.t.Fatalf("ended %t, told %d ends and %d events of %d", ended, ends, sequence, f.Sequence)
	}
}

// answered checks that each request to stop has at most one answer, and has one once the order has ended.
func (s *shelf) answered(stops int) {
	s.t.Helper()
	answers, rejected := 0, false
	for _, event := range s.told {
		switch event.Kind { //nolint:exhaustive // the others answer nothing
		case domain.EventCancelRefused:
			answers++
		case domain.EventRejected: // whatever was asked for, an order that is closed short answers it too
			rejected = true
		}
	}
	f := s.fulfillment()
	if f == nil {
		return
	}
	if answers > stops || f.Stage == domain.StageClosed && !rejected && answers != stops {
		s.t.Fatalf("%d requests to stop, %d refusals, stage %s", stops, answers, f.Stage)
	}
}
