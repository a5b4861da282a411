package domain

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Shelf is what a transaction has loaded. Load it with the Put functions, give it commands, then save and tell what
// Changes says. Not safe for concurrent use.
type Shelf struct {
	now    time.Time
	nodes  []Node
	stocks map[StockKey]*stock
	bySKU  map[SKU][]*stock

	reservations map[uuid.UUID]*Reservation
	byKey        map[string]*Reservation
	byOrder      map[OrderID][]*Reservation
	places       map[LineKey]*place
	handlings    map[string]*Handling

	// safety is what is kept back. quotas are the limits of channels, all there are for the items in policed, and quotaMoves
	// is how what they have reserved has changed since it was loaded.
	safety     map[StockKey]SafetyStocks
	quotas     map[QuotaKey]Quota
	policed    map[SKU]bool
	quotaMoves map[QuotaKey]int64

	// demand is what waits for an item, in the order in which it is served.
	demand map[SKU][]*Claim
	// hidden is the place in the queue after which demand may wait that was too much to load.
	hidden map[SKU]QueuePosition

	outcomes      map[string]Outcome
	cancellations map[string]Cancelled
	deferred      map[StockKey][]*Deferred
	// revoked counts what was taken back by the commands so far.
	revoked int64

	// freed: something became free for which demand may wait that was not loaded.
	freed bool

	changes Changes
	scratch sourcing
}

// place is everything about one order line in one place.
type place struct {
	claims  []*Claim
	handled []*HandlingLine
}

// NewShelf makes an empty shelf with all places there are. Now is when the commands are recorded.
func NewShelf(nodes []Node, now time.Time) *Shelf {
	sorted := slices.Clone(nodes)
	slices.SortFunc(sorted, CompareNodes)
	return &Shelf{
		now: now, nodes: sorted,
		stocks: map[StockKey]*stock{}, bySKU: map[SKU][]*stock{},
		reservations: map[uuid.UUID]*Reservation{}, byKey: map[string]*Reservation{}, byOrder: map[OrderID][]*Reservation{},
		places: map[LineKey]*place{}, handlings: map[string]*Handling{},
		demand: map[SKU][]*Claim{}, hidden: map[SKU]QueuePosition{},
		outcomes: map[string]Outcome{}, cancellations: map[string]Cancelled{}, deferred: map[StockKey][]*Deferred{},
		safety: map[StockKey]SafetyStocks{}, quotas: map[QuotaKey]Quota{}, policed: map[SKU]bool{}, quotaMoves: map[QuotaKey]int64{},
	}
}

// PutBalance adds a stored balance.
func (s *Shelf) PutBalance(balance Balance) {
	s.putStock(&stock{Balance: balance, node: s.node(balance.Node), thawing: balance.Frozen})
}

func (s *Shelf) putStock(added *stock) {
	if s.stocks[added.StockKey] != nil {
		return
	}
	added.safety = s.safety[added.StockKey]
	s.stocks[added.StockKey] = added
	s.bySKU[added.SKU] = append(s.bySKU[added.SKU], added)
	slices.SortFunc(s.bySKU[added.SKU], func(a, b *stock) int { return CompareNodes(a.place(), b.place()) })
}

// place is the node, or one without preference where the node is not known.
func (s *stock) place() Node {
	if s.node == nil {
		return Node{ID: s.Node, Priority: 1 << 62}
	}
	return *s.node
}

func (s *Shelf) node(id NodeID) *Node {
	for i := range s.nodes {
		if s.nodes[i].ID == id {
			return &s.nodes[i]
		}
	}
	return nil
}

// stock finds the balance, or begins one with nothing in it.
func (s *Shelf) stock(key StockKey) *stock {
	if s.stocks[key] == nil {
		s.PutBalance(Balance{StockKey: key})
	}
	return s.stocks[key]
}

// PutReservation adds a stored reservation with all its claims. What waits becomes demand that can be served.
func (s *Shelf) PutReservation(stored Reservation) {
	if s.reservations[stored.ID] != nil {
		return
	}
	reservation := &stored
	reservation.changed, reservation.told, reservation.index = false, 0, nil
	reservation.stateChanged, reservation.storedSoft = false, reservation.State == Soft
	reservation.storedExpiry = reservation.ExpiresAt
	for _, claim := range reservation.Claims {
		claim.of, claim.stored, claim.dirty = reservation, true, false
	}
	s.addReservation(reservation)
}

func (s *Shelf) addReservation(reservation *Reservation) {
	s.reservations[reservation.ID] = reservation
	s.byKey[reservation.Key] = reservation
	s.byOrder[reservation.Order] = append(s.byOrder[reservation.Order], reservation)
	for _, claim := range reservation.Claims {
		s.addClaim(claim)
	}
}

func (s *Shelf) addClaim(claim *Claim) {
	if claim.Node == Nowhere {
		if claim.Remaining > 0 {
			s.addDemand(claim)
		}
		return
	}
	here := s.place(LineKey{claim.of.Order, claim.Line, claim.Node})
	at, _ := slices.BinarySearchFunc(here.claims, claim, compareClaims)
	here.claims = slices.Insert(here.claims, at, claim)
}

// addDemand puts what waits in its place in the queue, once.
func (s *Shelf) addDemand(claim *Claim) {
	queue := s.demand[claim.SKU]
	if at, known := slices.BinarySearchFunc(queue, claim, compareDemand); !known {
		s.demand[claim.SKU] = slices.Insert(queue, at, claim)
	}
}

func (s *Shelf) place(key LineKey) *place {
	here := s.places[key]
	if here == nil {
		here = &place{}
		s.places[key] = here
	}
	return here
}

// HideDemand says that more demand for the item waits after that position than was loaded. Nothing behind the position is
// served then, and requests of its priority or a lower one get nothing of the item.
func (s *Shelf) HideDemand(sku SKU, last QueuePosition) { s.hidden[sku] = last }

// PutOutcome adds the first outcome of a key that was seen before.
func (s *Shelf) PutOutcome(key string, first Outcome) { s.outcomes[key] = first }

// PutCancellation adds the first outcome of a cancellation that was seen before.
func (s *Shelf) PutCancellation(key string, first Cancelled) { s.cancellations[key] = first }

// PutHandling adds what is known of an order to a warehouse.
func (s *Shelf) PutHandling(stored Handling) {
	if s.handlings[stored.Fulfillment] == nil {
		stored.changed = false
		s.addHandling(&stored)
	}
}

// PutDeferred adds a fact that could not be posted, in the order in which they were recorded. A balance that is frozen needs
// all of its facts on the shelf before anything moves in it.
func (s *Shelf) PutDeferred(fact Deferred) {
	s.deferred[fact.StockKey] = append(s.deferred[fact.StockKey], &fact)
}

// Balance is the balance as it is now, zero where there is none.
func (s *Shelf) Balance(key StockKey) Balance {
	if found := s.stocks[key]; found != nil {
		return found.Balance
	}
	return Balance{StockKey: key}
}

// SellableSKUs are the items of which something may be promised now: those for which it matters whether demand waits.
func (s *Shelf) SellableSKUs() []SKU {
	var found []SKU
	for sku, list := range s.bySKU {
		if slices.ContainsFunc(list, func(at *stock) bool { return at.sellableToAny() > 0 }) {
			found = append(found, sku)
		}
	}
	slices.Sort(found)
	return found
}

// SKUs are the items of which there is stock on the shelf.
func (s *Shelf) SKUs() []SKU { return slices.Sorted(maps.Keys(s.bySKU)) }
