package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// State says whether a reservation is for good or for a time, and how one for a time has ended.
type State string

// The states. Only soft reservations go from one to another.
const (
	Confirmed State = "CONFIRMED"
	Soft      State = "SOFT"
	Expired   State = "EXPIRED"
	// Released was given back before its time.
	Released State = "RELEASED"
	// Replaced was taken over by a reservation without a time limit.
	Replaced State = "REPLACED"
)

// The reasons of holds.
const (
	ReasonHoldEnded     = "HOLD_ENDED"
	ReasonInvalidExpiry = "INVALID_EXPIRY"
	ReasonHoldReleased  = "HOLD_RELEASED"
)

// MaxHold bounds how long stock is held for quotes and carts.
const MaxHold = 30 * 24 * time.Hour

// SoftKey is a row of the queue of soft reservations.
type SoftKey struct {
	SKU         SKU
	ExpiresAt   time.Time
	Reservation uuid.UUID
}

// live reports whether the reservation is soft and not over. R3: only then it may be taken over or lengthened.
func (r *Reservation) live(now time.Time) bool { return r.State == Soft && r.ExpiresAt.After(now) }

// Expire ends all soft reservations on the shelf whose time is over. Their balances must be on the shelf.
func (s *Shelf) Expire() {
	for _, reservation := range s.softByAge() {
		if !reservation.live(s.now) {
			s.end(reservation, Expired, EventExpired, "")
		}
	}
}

// ExpireAndServe does the same, and what becomes free goes to demand that waits.
func (s *Shelf) ExpireAndServe() {
	s.Expire()
	s.serveAll()
}

func (s *Shelf) softByAge() []*Reservation {
	var soft []*Reservation
	for _, reservation := range s.reservations {
		if reservation.State == Soft {
			soft = append(soft, reservation)
		}
	}
	slices.SortFunc(soft, func(a, b *Reservation) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return soft
}

// end gives back all that a soft reservation still holds. There may be demand for it that was not loaded.
func (s *Shelf) end(reservation *Reservation, state State, kind EventKind, cause string) {
	event := s.tell(kind, reservation, cause)
	for _, claim := range reservation.Claims {
		if part := claim.Remaining; part > 0 {
			s.drop(claim, part)
			event.Parts = append(event.Parts, claim.change(part))
		}
	}
	reservation.State, reservation.stateChanged = state, true
	s.freed = true
}

// Release gives back a soft reservation before its time; what becomes free goes to demand that waits. One that has ended
// stays as it is.
func (s *Shelf) Release(key string) {
	if hold := s.byKey[key]; hold != nil && hold.State == Soft {
		if hold.live(s.now) {
			s.end(hold, Released, EventGivenBack, ReasonHoldReleased)
		} else {
			s.end(hold, Expired, EventExpired, "")
		}
	}
	s.serveAll()
}

// Extend lets a soft reservation last until another time, if its own is not over.
func (s *Shelf) Extend(key string, until time.Time) error {
	hold := s.byKey[key]
	switch {
	case !until.After(s.now) || until.After(s.now.Add(MaxHold)):
		const text = "a hold ends later than now and at most 30 days ahead"
		return fault.New(fault.Invalid, ReasonInvalidExpiry, text).WithField("expires_at", ReasonInvalidExpiry, text)
	case hold == nil || !hold.live(s.now):
		return fault.New(fault.Precondition, ReasonHoldEnded, "the hold has ended")
	}
	if !until.Equal(hold.ExpiresAt) {
		hold.ExpiresAt, hold.stateChanged = until, true
	}
	return nil
}

// replaceable is the soft reservation whose place the request takes; nil when there is none.
func (s *Shelf) replaceable(want *Want) *Reservation {
	hold := s.byKey[want.Replaces]
	if want.Replaces == "" || hold == nil || !hold.live(s.now) || hold.Partner != "" && hold.Partner != want.Partner {
		return nil
	}
	return hold
}

// replace ends a hold in favour of the reservation that takes its place (R6).
func (s *Shelf) replace(hold *Reservation, by *Reservation) {
	s.end(hold, Replaced, EventConfirmed, by.ID.String())
}

// holds is what a reservation, if there is one, has reserved of a balance.
func (r *Reservation) holds(key StockKey) int64 {
	var held int64
	if r == nil {
		return 0
	}
	for _, claim := range r.Claims {
		if claim.SKU == key.SKU && claim.Node == key.Node {
			held += claim.Remaining
		}
	}
	return held
}

// inChannel is what the reservation, if there is one, takes of the channel's quota for an item.
func (r *Reservation) inChannel(sku SKU, channel Channel) int64 {
	var held int64
	if r == nil || r.Channel != channel {
		return 0
	}
	for _, claim := range r.Claims {
		if claim.SKU == sku && claim.Node != Nowhere {
			held += claim.Remaining
		}
	}
	return held
}

// freeFor is what a request may get of a balance: what is sellable to its channel once the hold that it replaces is given
// back, and in any case what that hold has.
func (s *stock) freeFor(channel Channel, hold *Reservation) int64 {
	held := hold.holds(s.StockKey)
	if held == 0 || s.node == nil {
		return s.sellableTo(channel)
	}
	without := s.Balance
	without.Reserved -= held
	return max(without.Sellable(s.node, s.safety.For(channel)), held)
}

// collectSoft lets the queue of soft reservations follow.
func (s *Shelf) collectSoft(reservation *Reservation, fresh bool) {
	if reservation.stateChanged && !fresh {
		s.changes.States = append(s.changes.States, reservation)
	}
	for _, sku := range reservation.items() {
		if reservation.storedSoft && reservation.stateChanged {
			s.changes.SoftGone = append(s.changes.SoftGone, SoftKey{sku, reservation.storedExpiry, reservation.ID})
		}
		if reservation.State == Soft && (fresh || reservation.stateChanged) {
			s.changes.SoftKept = append(s.changes.SoftKept, SoftKey{sku, reservation.ExpiresAt, reservation.ID})
		}
	}
}

func (r *Reservation) items() []SKU {
	if r.State == Confirmed {
		return nil
	}
	var skus []SKU
	for _, claim := range r.Claims {
		skus = append(skus, claim.SKU)
	}
	slices.Sort(skus)
	return slices.Compact(skus)
}

func compareSoft(a, b SoftKey) int {
	return cmp.Or(cmp.Compare(a.SKU, b.SKU), a.ExpiresAt.Compare(b.ExpiresAt),
		cmp.Compare(a.Reservation.String(), b.Reservation.String()))
}
