package domain

import (
	"fmt"
	"math"
	"slices"
)

// Policy says what happens when more sellable stock leaves than is available.
type Policy int

// The zero value revokes.
const (
	// Revoke takes promises back until it fits; more than that is refused.
	Revoke Policy = iota
	// AvailableOnly refuses what is promised.
	AvailableOnly
	// Record is for facts: promises are revoked, and what cannot be true is kept aside.
	Record
)

// Flow is goods that come, go, or move within a place.
type Flow struct {
	StockKey
	Movement
	Policy Policy
	// ID names it for ever when it is kept aside.
	ID string
	// ExpiresOn is the last day of sale of the lot, where the flow tells it.
	ExpiresOn string
	// Recorded: it was made before. It is passed over.
	Recorded bool
}

// Content is what the flow does, as text: equal ones do the same. When it happened and how it treats promises is no part of it.
func (f Flow) Content() string {
	return fmt.Sprintf("%q %q %q %s %s %d %q", f.SKU, f.Node, f.Lot, f.From, f.To, f.Quantity, f.Reason)
}

// Deferred is a fact that cannot be true by our books. It is kept, not posted, and its stock is frozen until it is counted.
type Deferred struct {
	StockKey
	Movement
	// ID names it for ever: the document and the line.
	ID string
	// Missing of the quantity are not there.
	Missing int64
}

// The reasons for which a flow is refused.
const (
	ReasonNegativeAvailable = "NEGATIVE_AVAILABLE"
	ReasonBucketShort       = "BUCKET_SHORT"
	ReasonLotShort          = "LOT_SHORT"
	ReasonTooLarge          = "QUANTITY_TOO_LARGE"
)

// MaxStock bounds what one balance holds, far from where sums would overflow.
const MaxStock = math.MaxInt64 / 4

// FlowRefusal is why a flow was refused, and which of the set it was.
type FlowRefusal struct {
	Index           int
	Reason, Message string
}

// Takings are the balances of which more is about to be taken than is available. Taking it may revoke any promise on them,
// so the claims on these balances must be on the shelf, with all of their orders.
func (s *Shelf) Takings(flows []Flow) []StockKey {
	taken := map[StockKey]int64{}
	for _, flow := range flows {
		if flow.From == Sellable && !flow.Recorded {
			taken[flow.StockKey] = sum(taken[flow.StockKey], flow.Quantity)
		}
	}
	var found []StockKey
	for key, quantity := range taken {
		if quantity > s.Balance(key).Available() {
			found = append(found, key)
		}
	}
	slices.SortFunc(found, CompareStock)
	return found
}

// Flow moves goods in order, all or nothing: it stops at the first that is refused, and the shelf must not be saved then.
// What became sellable goes to demand that waits, of reservations that exclude the place too: they were kept from what it
// had. In frozen stock the deferred facts are tried again; when all of them fit it is frozen no longer.
func (s *Shelf) Flow(flows []Flow) (*FlowRefusal, error) {
	for i, flow := range flows {
		if refusal, err := s.flow(flow); refusal != nil || err != nil {
			if refusal != nil {
				refusal.Index = i
			}
			return refusal, err
		}
	}
	if err := s.settleAll(); err != nil {
		return nil, err
	}
	s.serveAll()
	return nil, nil
}

func (s *Shelf) flow(flow Flow) (*FlowRefusal, error) {
	if flow.Recorded {
		return nil, nil
	}
	at := s.stock(flow.StockKey)
	if flow.To.physical() && flow.Quantity > MaxStock-at.OnHand {
		return &FlowRefusal{Reason: ReasonTooLarge, Message: "a place cannot hold that much"}, nil
	}
	if at.lots != nil && flow.ExpiresOn != "" && at.lot(flow.Lot).ExpiresOn != flow.ExpiresOn {
		at.lot(flow.Lot).ExpiresOn, at.lot(flow.Lot).changed, at.changed = flow.ExpiresOn, true, true
	}
	if !flow.From.physical() {
		s.move(at, flow.Movement)
		at.restocked = at.restocked || flow.To == Sellable
		return nil, nil
	}
	if flow.Policy != Record {
		if refusal := at.refuses(flow); refusal != nil {
			return refusal, nil
		}
	}
	return nil, s.record(at, &Deferred{StockKey: flow.StockKey, Movement: flow.Movement, ID: flow.ID})
}

// refuses says why a command may not take what it asks for.
func (s *stock) refuses(flow Flow) *FlowRefusal {
	there := s.takeable(flow.From)
	switch {
	case flow.From == Sellable && flow.Policy == AvailableOnly && flow.Quantity > s.Available():
		return &FlowRefusal{Reason: ReasonNegativeAvailable,
			Message: fmt.Sprintf("only %d base units of it are there and promised to nobody", max(s.Available(), 0))}
	case flow.From == Sellable && flow.Quantity > there:
		return &FlowRefusal{Reason: ReasonNegativeAvailable,
			Message: fmt.Sprintf("only %d base units of it are there and not in a picker's hands", there)}
	case flow.Quantity > there:
		return &FlowRefusal{Reason: ReasonBucketShort, Message: fmt.Sprintf("only %d base units of it are there", there)}
	case s.lots != nil && flow.Quantity > s.lot(flow.Lot).in(flow.From):
		return &FlowRefusal{Reason: ReasonLotShort,
			Message: fmt.Sprintf("only %d base units of the lot are there", s.lot(flow.Lot).in(flow.From))}
	default:
		return nil
	}
}

// record posts a fact that takes from a bucket. Promises that are not picked yet are revoked until it fits; when even that
// is not enough, the fact is deferred. One that the newest count has seen takes nothing.
func (s *Shelf) record(at *stock, fact *Deferred) error {
	if !s.fits(at, fact) {
		at.changed, at.Frozen = true, true
		at.impossible = append(at.impossible, fact)
		s.changes.Deferred = append(s.changes.Deferred, fact)
		s.deferred[at.StockKey] = append(s.deferred[at.StockKey], fact)
		return nil
	}
	return s.post(at, fact)
}

func (s *Shelf) fits(at *stock, fact *Deferred) bool {
	if fact.onHand() < 0 && at.seenNamed(fact.Movement) {
		return true
	}
	there := at.takeable(fact.From)
	if at.lots != nil && fact.Counted {
		there = min(there, at.lot(fact.Lot).in(fact.From)) // it is about this lot and no other
	}
	fact.Missing = fact.Quantity - there
	return fact.Missing <= 0
}

// seenNamed is seen for movements of which the lot is known.
func (s *stock) seenNamed(m Movement) bool { return (s.lots == nil || m.Lot != "") && s.seen(m) }

func (s *Shelf) post(at *stock, fact *Deferred) error {
	if counted := fact.onHand() < 0 && at.seenNamed(fact.Movement); fact.From == Sellable && !counted {
		if err := s.revoke(at, fact.Quantity-at.Available()); err != nil {
			return err
		}
	}
	s.move(at, fact.Movement)
	at.restocked = at.restocked || fact.To == Sellable
	return nil
}

// settleAll tries the deferred facts of all balances again, in the order in which they came.
func (s *Shelf) settleAll() error {
	var keys []StockKey
	for key, facts := range s.deferred {
		if len(facts) > 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, CompareStock)
	for _, key := range keys {
		if err := s.settle(key); err != nil {
			return err
		}
	}
	return nil
}

// settle posts the deferred facts of a balance as far as they fit now.
func (s *Shelf) settle(key StockKey) error {
	at := s.stock(key)
	left := s.deferred[key]
	for len(left) > 0 && s.fits(at, left[0]) {
		if err := s.post(at, left[0]); err != nil {
			return err
		}
		s.changes.Posted = append(s.changes.Posted, left[0])
		left = left[1:]
	}
	s.deferred[key] = left
	at.Frozen = len(left) > 0
	if at.thawing && !at.Frozen {
		at.changed, s.freed = true, true
	}
	return nil
}
