package domain_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

func (s *shelf) manifest(number string, packedOnly bool, quantities ...int64) domain.Manifest {
	ship := s.ship(number, false, quantities...)
	return domain.Manifest{
		Fulfillment: ship.Fulfillment, ShipmentID: ship.ShipmentID, Number: number, Lines: ship.Lines, PackedOnly: packedOnly,
	}
}

// named names a shipment as the warehouse does.
func (s *shelf) named(number string) domain.ShipmentRef {
	return domain.ShipmentRef{ShipmentNumber: domain.ShipmentNumber{NodeID: "LEEDS", Number: number}}
}

func (s *shelf) track(number string, kind domain.ShipmentState, hours int) domain.Track {
	return domain.Track{Ref: s.named(number), Milestone: domain.Milestone{Kind: kind, At: at.Add(time.Duration(hours) * time.Hour)}}
}

func milestone(r *rapid.T) domain.Milestone {
	return domain.Milestone{
		Kind: rapid.SampledFrom([]domain.ShipmentState{
			domain.ShipmentInTransit, domain.ShipmentDelivered, domain.ShipmentLost, domain.ShipmentReturned,
		}).Draw(r, "kind"),
		At: at.Add(time.Duration(rapid.IntRange(0, 3).Draw(r, "hours")) * time.Hour),
	}
}

func TestManifestBeforeAndAfterTheShipment(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	packed := s.one(s.manifest("w1", true, 3))
	if got := s.one(s.manifest("w1", false, 3)); got.ID != packed.ID {
		t.Errorf("the manifest is %s", got.ID)
	}
	s.one(s.manifest("w1", false, 3)) // a repeat
	if shipment := s.shipments[0]; shipment.State != domain.ShipmentManifested || shipment.Left() {
		t.Errorf("shipment %+v", shipment)
	}
	s.expect(t, domain.StageInProgress, counters{})
	if got := s.one(s.ship("w1", false, 3)); got.ID != packed.ID {
		t.Errorf("the shipment is %s", got.ID)
	}
	s.one(s.manifest("w1", false, 5)) // too late to say anything
	s.expect(t, domain.StageInProgress, counters{3, 3, 3, 0, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventManifested, domain.EventShipped)
	if shipment := s.shipments[0]; shipment.State != domain.ShipmentShipped || len(shipment.Flaws) > 0 || shipment.Sequence != 2 {
		t.Errorf("shipment %+v", shipment)
	}
	s.one(s.manifest("w2", false, 1))
	s.one(s.ship("w2", false, 2))
	if flaws := s.shipments[1].Flaws; len(flaws) != 1 || flaws[0].Reason != domain.ReasonManifestDiffers {
		t.Errorf("flaws %v", flaws)
	}
}

// A code that stood on a carton once is used for ever, also when the shipment never left.
func TestVoidedShipmentKeepsItsCodes(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	cartons := []domain.Carton{{SSCC: "106141411234567897", Lines: []domain.CartonLine{{Line: 1, Quantity: 2}}}}
	manifest := s.manifest("w1", false, 2)
	manifest.Cartons = cartons
	s.one(manifest)
	s.one(domain.Void{Ref: s.named("w1"), Reason: "repacked"})
	s.one(domain.Void{Ref: s.named("w1")})
	s.one(manifest) // says nothing new
	if got := s.shipments[0].State; got != domain.ShipmentVoided {
		t.Errorf("state %s", got)
	}
	other := s.ship("w2", false, 2)
	other.Cartons = cartons
	s.one(other)
	if flaws := s.shipments[1].Flaws; len(flaws) != 1 || flaws[0].Reason != domain.ReasonSSCCReused {
		t.Errorf("flaws %v", flaws)
	}
	s.refused(domain.ReasonAlreadyShipped, domain.Void{Ref: s.named("w2")})
	s.refused(domain.ReasonShipmentUnknown, domain.Void{Ref: s.named("w9")})
	s.expectEvents(t, domain.EventCreated, domain.EventManifested, domain.EventVoided, domain.EventShipped)
	left := s.ship("w1", false, 2)
	left.Cartons = cartons
	s.one(left)
	if shipment := s.shipments[0]; shipment.State != domain.ShipmentShipped || shipment.Flaws[0].Reason != domain.ReasonWasVoided {
		t.Errorf("shipment %+v", shipment)
	}
}

func TestMilestonesBeforeTheShipmentCountOnceItHasLeft(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.refused(domain.ReasonShipmentUnknown, s.track("w1", domain.ShipmentDelivered, 5))
	s.refused(domain.ReasonShipmentRequired, domain.Track{})
	s.one(s.manifest("w1", false, 5))
	s.one(s.track("w1", domain.ShipmentDelivered, 5))
	s.one(s.track("w1", domain.ShipmentDelivered, 5))
	if got := s.shipments[0].State; got != domain.ShipmentManifested {
		t.Errorf("state %s", got)
	}
	s.one(s.ship("w1", false, 5))
	if shipment := s.shipments[0]; shipment.State != domain.ShipmentDelivered || !shipment.DeliveredAt().Equal(at.Add(5*time.Hour)) {
		t.Errorf("shipment %+v", shipment)
	}
	s.expectEvents(t, domain.EventCreated, domain.EventManifested, domain.EventShipped, domain.EventDelivered, domain.EventClosed)
}

func TestContradictingMilestones(t *testing.T) {
	for name, test := range map[string]struct {
		said []domain.Track
		want domain.ShipmentState
		told []domain.ExceptionKind
	}{
		"scanned after it arrived":  {[]domain.Track{track(domain.ShipmentDelivered, 2), track(domain.ShipmentInTransit, 3)}, domain.ShipmentDelivered, nil},
		"lost":                      {[]domain.Track{track(domain.ShipmentInTransit, 1), track(domain.ShipmentLost, 2)}, domain.ShipmentLost, []domain.ExceptionKind{domain.ExceptionShipmentLost}},
		"lost, and found on a way":  {[]domain.Track{track(domain.ShipmentLost, 2), track(domain.ShipmentInTransit, 3)}, domain.ShipmentInTransit, []domain.ExceptionKind{domain.ExceptionShipmentLost}},
		"arrived and was sent back": {[]domain.Track{track(domain.ShipmentReturned, 4), track(domain.ShipmentDelivered, 3)}, domain.ShipmentReturned, []domain.ExceptionKind{domain.ExceptionReturnedToSender, domain.ExceptionMilestonesDiffer}},
		"lost and arrived": {[]domain.Track{track(domain.ShipmentLost, 4), track(domain.ShipmentDelivered, 3)}, domain.ShipmentDelivered,
			[]domain.ExceptionKind{domain.ExceptionShipmentLost, domain.ExceptionMilestonesDiffer}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.create(5)
			s.one(s.ship("w1", false, 2))
			for _, one := range test.said {
				s.one(one)
			}
			var told []domain.ExceptionKind
			for _, exception := range s.exceptions {
				told = append(told, exception.Kind)
			}
			if got := s.shipments[0]; got.State != test.want || len(got.Milestones) != len(test.said) || !slices.Equal(told, test.told) {
				t.Errorf("shipment %+v, exceptions %v", got, told)
			}
		})
	}
}

func track(kind domain.ShipmentState, hours int) domain.Track {
	return (&shelf{}).track("w1", kind, hours)
}

// The carrier's story in any order, with repeats, ends in the same state.
func TestMilestonesInAnyOrderGiveTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var said []domain.Command
		for range rapid.IntRange(1, 6).Draw(r, "milestones") {
			said = append(said, domain.Track{Ref: (&shelf{}).named("w1"), Milestone: milestone(r)})
		}
		straight, mixed := newShelf(r), newShelf(r)
		for _, s := range []*shelf{straight, mixed} {
			s.create(5)
			s.one(s.ship("w1", false, 2))
		}
		straight.apply(said...)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		shuffled := append(slices.Clone(said), said...)
		order.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		mixed.apply(shuffled...)
		a, b := straight.shipments[0], mixed.shipments[0]
		if a.State != b.State || !a.DeliveredAt().Equal(b.DeliveredAt()) || len(a.Milestones) != len(b.Milestones) || a.Sequence != b.Sequence {
			r.Fatalf("%+v\n%+v", a, b)
		}
	})
}

func TestAbsorbMakesUnplannedGoodsBillable(t *testing.T) {
	s := newShelf(t)
	s.create(5)
	s.one(s.ship("w1", true, 8))
	shipment := s.shipments[0]
	unplanned := shipment.Lines[1].ID
	absorb := func(lines ...domain.AbsorbLine) domain.Absorb {
		return domain.Absorb{Ref: domain.ShipmentRef{ID: shipment.ID}, ShipmentID: s.shipmentID(), Lines: lines}
	}
	s.refused(domain.ReasonNotAbsorbable, absorb(domain.AbsorbLine{ID: unplanned, Quantity: 4}))
	s.refused(domain.ReasonNotAbsorbable, absorb(domain.AbsorbLine{ID: shipment.Lines[0].ID, Quantity: 1}))
	s.one(absorb(domain.AbsorbLine{ID: unplanned, Quantity: 1}))
	// One of the two that are left comes back.
	s.book.Allowances = map[string]*domain.Allowance{unplanned: {ShipmentLineID: unplanned, Shipped: 2, Authorized: 1}}
	s.refused(domain.ReasonNotAbsorbable, absorb(domain.AbsorbLine{ID: unplanned, Quantity: 2}))
	s.one(absorb())
	s.refused(domain.ReasonNotAbsorbable, absorb())
	made := s.shipments[1:]
	for i, one := range made {
		line := one.Lines[0]
		if one.Absorbs != shipment.ID || line.Quantity != 1 || line.Over != 1 || line.Unplanned || line.Line != 1 {
			t.Errorf("shipment %d: %+v", i, one)
		}
	}
	if got := s.book.ByID[shipment.ID].Lines[1]; len(made) != 2 || got.Absorbed != 2 || s.book.Allowances[unplanned].Shipped != 1 {
		t.Errorf("unplanned line %+v", got)
	}
	s.expect(t, domain.StageClosed, counters{5, 5, 5, 0, 0})
	s.refused(domain.ReasonShipmentUnknown, domain.Absorb{Ref: domain.ShipmentRef{ID: uuid.Max}})
}

// Nothing more will come, and nothing is missing: the rest is free, and what was shipped stays shipped.
func TestCloseShortFreesTheRest(t *testing.T) {
	s := newShelf(t)
	s.create(5, -1)
	s.one(s.ship("w1", false, 2))
	s.one(domain.CloseShort{Fulfillment: target(), Reason: "out of business"})
	s.one(domain.CloseShort{Fulfillment: target()})
	s.expect(t, domain.StageClosed, counters{2, 2, 2, 0, 3}, counters{1, 1, 1, 0, 0})
	s.expectEvents(t, domain.EventCreated, domain.EventShipped, domain.EventRejected)
}
