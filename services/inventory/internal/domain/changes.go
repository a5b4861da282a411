package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Changes is what has to be saved and told after the commands.
type Changes struct {
	// New are the requests decided now, refused ones and undone keys among them; they are stored for ever.
	New []Decided
	// Reservations are those stored before of which an event tells something new.
	Reservations []*Reservation
	// NewClaims and ChangedClaims are the parts of reservations.
	NewClaims, ChangedClaims []*Claim
	// Demand are the claims on Nowhere whose remaining quantity changed: the queue follows them.
	Demand []*Claim
	// Balances have changed; Ledger is what moved in them.
	Balances []Balance
	// Refreshed are those of them whose freshness has changed.
	Refreshed []Balance
	Ledger    []Posting
	// Lots have changed.
	Lots []Lot
	// Handlings are what warehouses reported, merged.
	Handlings []*Handling
	// Deferred are facts that could not be posted; Posted are those that now were.
	Deferred, Posted []*Deferred
	// Cancellations are the requests decided now, by key.
	Cancellations []DecidedCancellation
	// States are the stored reservations whose state or expiry changed; the queue of soft ones follows by SoftGone, then
	// SoftKept.
	States             []*Reservation
	SoftGone, SoftKept []SoftKey
	// QuotaMoves are how what channels have reserved changed, of quotas that may exist.
	QuotaMoves []QuotaMove
	// Told are the events of reservations in the order in which they happened.
	Told []ReservationEvent
	// StockTold are the events of stock.
	StockTold []StockEvent
}

// Decided is a reservation request with its first outcome. Refused ones have no claims.
type Decided struct {
	*Reservation
	Outcome Outcome
}

// DecidedCancellation is a cancellation with its first outcome.
type DecidedCancellation struct {
	Key     string
	Order   OrderID
	Outcome Cancelled
}

// Posting is a movement of one balance.
type Posting struct {
	StockKey
	Movement
}

// EventKind says what happened to a reservation.
type EventKind int

// The events of a reservation.
const (
	EventReserved EventKind = iota + 1
	EventStockArrived
	EventGivenBack
	EventRevoked
	EventConsumed
	// EventExpired and EventConfirmed end a soft reservation; the latter's cause is the reservation that has its place.
	EventExpired
	EventConfirmed
)

// ReservationEvent tells what happened to a reservation at one time for one reason.
type ReservationEvent struct {
	Kind        EventKind
	Reservation *Reservation
	Sequence    int64
	// Lines are what was set aside, of EventReserved and EventStockArrived.
	Lines []LineOutcome
	// Parts are what was given back, revoked or consumed.
	Parts []ClaimChange
	// Cause is the reason or the shipment.
	Cause string

	// byLine are the positions in Lines of what arrived, by line.
	byLine map[int32]int
}

// ClaimChange is a quantity of one line in one place.
type ClaimChange struct {
	Line      int32
	SKU       SKU
	Node      NodeID
	Quantity  int64
	Remaining int64
}

// StockEvent tells what moved in a balance, or that it was frozen.
type StockEvent struct {
	Balance   Balance
	Sequence  int64
	Movements []Movement
	// Frozen is the fact that cannot be true.
	Frozen *Deferred
	// Unfrozen: no fact is kept aside any more.
	Unfrozen bool
	// Snapshot is what an outside system said.
	Snapshot *SnapshotApplied
}

// tell begins an event of the reservation, or goes on with its last one when that tells of the same.
func (s *Shelf) tell(kind EventKind, of *Reservation, cause string) *ReservationEvent {
	if last := of.told - 1; last >= 0 {
		if event := &s.changes.Told[last]; event.Kind == kind && event.Cause == cause {
			return event
		}
	}
	of.Sequence++
	of.changed = true
	s.changes.Told = append(s.changes.Told, ReservationEvent{
		Kind: kind, Reservation: of, Sequence: of.Sequence, Cause: cause,
	})
	of.told = len(s.changes.Told)
	return &s.changes.Told[of.told-1]
}

// Changes closes the shelf: versions and sequences are counted up, and everything that changed is listed in a fixed
// order. NewID names the movements.
func (s *Shelf) Changes(newID func() uuid.UUID) Changes {
	fresh := make(map[*Reservation]bool, len(s.changes.New))
	for _, decided := range s.changes.New {
		fresh[decided.Reservation] = true
	}
	for _, reservation := range s.reservations {
		if reservation.changed && !fresh[reservation] {
			s.changes.Reservations = append(s.changes.Reservations, reservation)
		}
		for _, claim := range reservation.Claims {
			s.collectClaim(claim)
		}
		if reservation.State != Confirmed {
			s.collectSoft(reservation, fresh[reservation])
		}
	}
	s.sortPromises()
	slices.SortFunc(s.changes.Reservations, func(a, b *Reservation) int { return cmp.Compare(a.Key, b.Key) })
	for _, claims := range [][]*Claim{s.changes.NewClaims, s.changes.ChangedClaims, s.changes.Demand} {
		slices.SortFunc(claims, compareClaims)
	}
	for _, handling := range s.handlings {
		if handling.changed {
			s.changes.Handlings = append(s.changes.Handlings, handling)
		}
	}
	slices.SortFunc(s.changes.Handlings, func(a, b *Handling) int { return cmp.Compare(a.Fulfillment, b.Fulfillment) })
	s.collectStocks(newID)
	return s.changes
}

// sortPromises lists what changed of holds and quotas in a fixed order.
func (s *Shelf) sortPromises() {
	slices.SortFunc(s.changes.States, func(a, b *Reservation) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(s.changes.SoftGone, compareSoft)
	slices.SortFunc(s.changes.SoftKept, compareSoft)
	for key, change := range s.quotaMoves {
		if change != 0 {
			s.changes.QuotaMoves = append(s.changes.QuotaMoves, QuotaMove{key, change})
		}
	}
	slices.SortFunc(s.changes.QuotaMoves, func(a, b QuotaMove) int {
		return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Channel, b.Channel))
	})
}

func (s *Shelf) collectClaim(claim *Claim) {
	if !claim.dirty {
		return
	}
	if claim.stored {
		s.changes.ChangedClaims = append(s.changes.ChangedClaims, claim)
	} else {
		s.changes.NewClaims = append(s.changes.NewClaims, claim)
	}
	if claim.Node == Nowhere {
		s.changes.Demand = append(s.changes.Demand, claim)
	}
}

func (s *Shelf) collectStocks(newID func() uuid.UUID) {
	var changed []*stock
	for _, at := range s.stocks {
		if at.changed {
			changed = append(changed, at)
		}
	}
	slices.SortFunc(changed, func(a, b *stock) int { return CompareStock(a.StockKey, b.StockKey) })
	for _, at := range changed {
		at.Version++
		at.AsOf = later(at.AsOf, s.now)
		for i := range at.movements {
			at.movements[i].ID = newID()
			s.changes.Ledger = append(s.changes.Ledger, Posting{at.StockKey, at.movements[i]})
		}
		first := len(s.changes.StockTold)
		if len(at.movements) > 0 {
			s.changes.StockTold = append(s.changes.StockTold, StockEvent{Movements: at.movements})
		}
		for _, fact := range at.impossible {
			s.changes.StockTold = append(s.changes.StockTold, StockEvent{Frozen: fact})
		}
		for _, applied := range at.snapshots {
			s.changes.StockTold = append(s.changes.StockTold, StockEvent{Snapshot: applied})
		}
		if at.thawing && !at.Frozen {
			s.changes.StockTold = append(s.changes.StockTold, StockEvent{Unfrozen: true})
		}
		s.collectLots(at)
		told := s.changes.StockTold[first:]
		for i := range told {
			at.Sequence++
			told[i].Sequence = at.Sequence
			told[i].Balance = at.Balance
		}
		s.changes.Balances = append(s.changes.Balances, at.Balance)
		if at.refreshed {
			s.changes.Refreshed = append(s.changes.Refreshed, at.Balance)
		}
	}
}

// later keeps a balance's time from running backwards when clocks of replicas differ.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
