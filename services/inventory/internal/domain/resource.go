package domain

import (
	"bytes"
	"math"
	"slices"

	"github.com/google/uuid"
)

// ReasonResourced is why a promise is given back for which stock is looked for elsewhere.
const ReasonResourced = "RESOURCED"

// ageBytes is the part of a reservation's id that says how old it is: of a UUIDv7 the moment. The rest tells ids apart.
const ageBytes = 8

// turn is the id of the reservation that a request makes, and where it stands in the queues of its items: behind everything of
// its priority that waits, since ids of other replicas may seem younger. One that keeps its age (R6) takes the age of the oldest
// reservation that serves one of its lines over into its id, so that it is as old wherever ids are compared:
// in the queues, and when promises are taken back.
func (s *Shelf) turn(want *Want) (uuid.UUID, QueuePosition) {
	fresh := QueuePosition{Priority: want.Priority, Reservation: uuid.Max, Line: math.MaxInt32}
	if !want.KeepsAge {
		return want.ID, fresh
	}
	var oldest *Reservation
	for _, had := range s.byOrder[want.Order] {
		if (oldest == nil || bytes.Compare(had.ID[:], oldest.ID[:]) < 0) && had.State == Confirmed && had.servesOneOf(want.Lines) {
			oldest = had
		}
	}
	if oldest == nil || bytes.Compare(oldest.ID[:ageBytes], want.ID[:ageBytes]) > 0 {
		return want.ID, fresh
	}
	id := want.ID
	copy(id[:ageBytes], oldest.ID[:ageBytes])
	return id, QueuePosition{Priority: want.Priority, Reservation: id}
}

// servesOneOf reports whether the reservation has something of the lines, or had and lost it to a shipment or a short pick, or gave it back
// for the time being (LendsAge). One that was given back whole for good does not count.
func (r *Reservation) servesOneOf(lines []WantLine) bool {
	asked := make(map[int32]bool, len(lines))
	for _, line := range lines {
		asked[line.Line] = true
	}
	return slices.ContainsFunc(r.Claims, func(claim *Claim) bool {
		return asked[claim.Line] && (claim.Remaining > 0 || claim.Held > 0 || claim.LendsAge || claim.Consumed > 0 && claim.Node != Nowhere)
	})
}

// giveBackFor gives back what the request names of its order's promises; nil when it names nothing. What becomes free goes to
// demand that waits once the request is decided.
func (s *Shelf) giveBackFor(want *Want) *Cancelled {
	if len(want.GivesBack) == 0 {
		return nil
	}
	given := s.releaseLines(s.byOrder[want.Order], want.GivesBack, ReasonResourced, false)
	return &given
}
