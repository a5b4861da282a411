package domain

import (
	"time"

	"github.com/google/uuid"
)

// Bucket is one side of a movement.
type Bucket string

// The first three are parts of a balance's OnHand, the others stand for the world outside of the place.
const (
	Sellable    Bucket = "SELLABLE"
	QualityHold Bucket = "QUALITY_HOLD"
	Damaged     Bucket = "DAMAGED"
	Supplier    Bucket = "SUPPLIER"
	Customer    Bucket = "CUSTOMER"
	Transit     Bucket = "TRANSIT"
	Adjusted    Bucket = "ADJUSTMENT"
)

// physical reports whether the bucket is a part of a balance.
func (b Bucket) physical() bool { return b == Sellable || b == QualityHold || b == Damaged }

// Movement is one posting of the ledger: the quantity leaves one bucket and enters the other. The balance is the fold of
// its movements (I3).
type Movement struct {
	// ID is given when the shelf is closed.
	ID       uuid.UUID
	From, To Bucket
	// Lot is empty for items without lots, and for what is there without a known one.
	Lot              string
	Quantity         int64
	Reason, Document string
	OccurredAt       time.Time
	// Counted: it brings the ledger in line with a count of the moment OccurredAt.
	Counted bool
}

// onHand is by how much it changes what is physically there.
func (m Movement) onHand() int64 {
	switch {
	case m.To.physical() && !m.From.physical():
		return m.Quantity
	case m.From.physical() && !m.To.physical():
		return -m.Quantity
	default:
		return 0
	}
}

// ReasonAlreadyCounted is why a posting is balanced by another: a count of a later moment has seen it.
const ReasonAlreadyCounted = "ALREADY_COUNTED"

// move posts a movement. What happened before the newest count of the stock is in the count: it is posted for the record
// and balanced at once, so that what is there stays as it was counted, in whatever order the two are recorded.
func (s *Shelf) move(at *stock, m Movement) {
	if m.Quantity == 0 {
		return
	}
	if m.OccurredAt.After(s.now) {
		m.OccurredAt = s.now // a source's clock that is ahead
	}
	for _, part := range at.byLot(m) {
		at.post(part)
		if at.seen(part) {
			at.balance(part)
			s.freed = s.freed || part.onHand() < 0
		}
	}
}

// balance posts the other way round what a count has seen. The count knew nothing of buckets: its differences went to what
// is sellable and came from there as far as possible, and so does this.
func (s *stock) balance(m Movement) {
	post := func(from, to Bucket, quantity int64) {
		if quantity > 0 {
			balanced := m
			balanced.From, balanced.To, balanced.Quantity, balanced.Reason = from, to, quantity, ReasonAlreadyCounted
			s.post(balanced)
		}
	}
	in := s.in
	if s.lots != nil {
		in = s.lot(m.Lot).in
	}
	switch change := m.onHand(); {
	case change > 0:
		sellable := min(max(min(s.Available(), in(Sellable)), 0), change)
		post(Sellable, Adjusted, sellable)
		post(m.To, Adjusted, change-sellable)
	case change < 0:
		overdrawn := min(max(-in(m.From), 0), -change)
		post(Adjusted, m.From, overdrawn)
		post(Adjusted, Sellable, -change-overdrawn)
	}
}

// seen reports whether the newest count has seen the movement. A count does not see its own.
func (s *stock) seen(m Movement) bool {
	countedTo := s.CountedTo
	if s.lots != nil {
		countedTo = s.lot(m.Lot).CountedTo
	}
	switch {
	case countedTo.IsZero():
		return false
	case m.Counted:
		return m.OccurredAt.Before(countedTo)
	}
	return !m.OccurredAt.After(countedTo)
}

// post changes the physical buckets.
func (s *stock) post(m Movement) {
	s.changed = true
	s.bucket(m.From, -m.Quantity)
	s.bucket(m.To, m.Quantity)
	s.Unverified = min(s.Unverified, max(s.QualityHold, 0))
	if s.lots != nil {
		s.lot(m.Lot).post(m)
	}
	s.movements = append(s.movements, m)
}

func (s *stock) bucket(name Bucket, change int64) {
	switch name {
	case Sellable:
		s.OnHand += change
	case QualityHold:
		s.OnHand += change
		s.QualityHold += change
	case Damaged:
		s.OnHand += change
		s.Damaged += change
	default: // outside
	}
}

// in is how much a bucket holds, promised or not.
func (b Balance) in(bucket Bucket) int64 {
	switch bucket {
	case QualityHold:
		return b.QualityHold
	case Damaged:
		return b.Damaged
	default:
		return b.OnHand - b.QualityHold - b.Damaged
	}
}

// takeable is how much can leave a bucket: what pickers have in hand cannot.
func (b Balance) takeable(bucket Bucket) int64 {
	if bucket == Sellable {
		return b.in(Sellable) - b.Picked
	}
	return b.in(bucket)
}
