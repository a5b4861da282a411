package domain_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// world is what the tables hold. Each command gets a shelf with what the store would load for it, and its changes are
// saved as the store would save them, so that what a shelf forgets to list is missing afterwards.
type world struct {
	nodes         []domain.Node
	balances      map[domain.StockKey]domain.Balance
	reservations  map[uuid.UUID]domain.Reservation
	claims        map[uuid.UUID]map[claimKey]domain.Claim
	demand        map[demandKey]int64
	handlings     map[string]domain.Handling
	outcomes      map[string]domain.Outcome
	cancellations map[string]domain.Cancelled
	deferred      []domain.Deferred
	ledger        map[domain.StockKey][]domain.Movement
	lots          map[domain.StockKey]map[string]domain.Lot
	tracked       map[domain.SKU]bool
	said          map[domain.StockKey][]said
	sequences     map[string]int64
	told          []domain.ReservationEvent
	made          int
	promises
	// limit is how much demand of an item is loaded.
	limit int
}

type claimKey struct {
	line int32
	node domain.NodeID
}

type demandKey struct {
	sku         domain.SKU
	reservation uuid.UUID
	line        int32
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld(nodes ...domain.Node) *world {
	return &world{
		nodes: nodes, balances: map[domain.StockKey]domain.Balance{}, reservations: map[uuid.UUID]domain.Reservation{},
		claims: map[uuid.UUID]map[claimKey]domain.Claim{}, demand: map[demandKey]int64{},
		handlings: map[string]domain.Handling{}, outcomes: map[string]domain.Outcome{},
		cancellations: map[string]domain.Cancelled{}, ledger: map[domain.StockKey][]domain.Movement{},
		sequences: map[string]int64{}, limit: 1000, promises: newPromises(), lots: map[domain.StockKey]map[string]domain.Lot{}, tracked: map[domain.SKU]bool{},
		said: map[domain.StockKey][]said{},
	}
}

// id makes ids that grow with age, as UUIDv7 do.
func (w *world) id() uuid.UUID {
	w.made++
	var made uuid.UUID
	copy(made[:8], fmt.Sprintf("%08d", w.made))
	copy(made[8:], made[:8]) // what tells ids of one age apart
	return made
}

func (w *world) reserve(wants ...domain.Want) []domain.Outcome {
	shelf := w.shelf()
	for i := range wants {
		if wants[i].ID == uuid.Nil {
			wants[i].ID = w.id()
		}
		if first, known := w.outcomes[wants[i].Key]; known {
			shelf.PutOutcome(wants[i].Key, first)
		}
		for _, line := range wants[i].Lines {
			w.putBalances(shelf, line.SKU)
			w.putQuotas(shelf, line.SKU)
		}
		w.putHolds(shelf, wants[i])
	}
	shelf.Expire()
	w.putDemand(shelf, append(shelf.SellableSKUs(), w.putResourced(shelf, wants)...))
	outcomes := shelf.Reserve(wants)
	w.save(shelf)
	return outcomes
}

// putResourced puts the orders on the shelf that look for stock anew, and says what they may give back.
func (w *world) putResourced(shelf *domain.Shelf, wants []domain.Want) []domain.SKU {
	var skus []domain.SKU
	for _, want := range wants {
		if want.Refusal != nil || !want.KeepsAge && len(want.GivesBack) == 0 {
			continue
		}
		for id, reservation := range w.reservations {
			if reservation.Order != want.Order {
				continue
			}
			w.putReservation(shelf, id)
			for _, claim := range w.claims[id] {
				if len(want.GivesBack) > 0 && claim.Node != domain.Nowhere && claim.Remaining > 0 {
					w.putBalance(shelf, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
					skus = append(skus, claim.SKU)
				}
			}
		}
	}
	return skus
}

func (w *world) cancel(requests ...domain.Cancellation) []domain.Cancelled {
	shelf := w.shelf()
	var skus []domain.SKU
	for i := range requests {
		requests[i].TombstoneID = w.id()
		if first, known := w.cancellations[requests[i].Key]; known {
			shelf.PutCancellation(requests[i].Key, first)
		}
		if first := w.outcomes[requests[i].ReservationKey]; first.Refusal != nil {
			shelf.PutOutcome(requests[i].ReservationKey, first)
		}
		for _, reservation := range w.reservations {
			if reservation.Order == requests[i].Order || reservation.Key == requests[i].ReservationKey {
				w.putReservation(shelf, reservation.ID)
				for _, claim := range w.claims[reservation.ID] {
					w.putBalance(shelf, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
					skus = append(skus, claim.SKU)
				}
			}
		}
	}
	w.putDemand(shelf, skus)
	outcomes := shelf.Cancel(requests)
	w.save(shelf)
	return outcomes
}

func (w *world) adjust(adjustments ...domain.Adjustment) error {
	shelf := w.shelf()
	var skus []domain.SKU
	var flows []domain.Flow
	for _, adjustment := range adjustments {
		flows = append(flows, adjustment.Flow())
	}
	for _, key := range keysOf(flows, func(flow domain.Flow) domain.StockKey { return flow.StockKey }) {
		w.putMoving(shelf, key)
		skus = append(skus, key.SKU)
	}
	for _, key := range shelf.Takings(flows) {
		w.putClaimsOn(shelf, key)
	}
	w.putDemand(shelf, skus)
	if err := shelf.Adjust(adjustments); err != nil {
		return err
	}
	w.save(shelf)
	for _, adjustment := range adjustments {
		w.say(adjustment.StockKey, said{adjustment.OccurredAt, adjustment.Quantity, false})
	}
	return nil
}

// facts posts reports and shipments in the given order.
func (w *world) facts(facts ...domain.Fact) error {
	shelf := w.shelf()
	for _, fact := range facts {
		w.putOrder(shelf, fact.Order())
	}
	for _, key := range shelf.Stocks(facts) {
		w.putMoving(shelf, key)
	}
	for _, key := range shelf.Outflows(facts) {
		w.putClaimsOn(shelf, key)
	}
	if err := shelf.Post(facts); err != nil {
		return err
	}
	w.save(shelf)
	for _, fact := range facts {
		if shipment := fact.Shipment; shipment != nil {
			for _, line := range shipment.Lines {
				w.say(domain.StockKey{SKU: line.SKU, Node: shipment.Node}, said{shipment.OccurredAt, -line.Quantity, false})
			}
		}
	}
	return nil
}

// serve is what the service does after it was told of demand that is left.
func (w *world) serve() {
	shelf := w.shelf()
	var skus []domain.SKU
	for key := range w.demand {
		w.putBalances(shelf, key.sku)
		skus = append(skus, key.sku)
	}
	w.putDemand(shelf, skus)
	shelf.Serve()
	w.save(shelf)
}

func (w *world) putBalance(shelf *domain.Shelf, key domain.StockKey) {
	if balance, known := w.balances[key]; known {
		shelf.PutBalance(balance)
	}
}

func (w *world) putBalances(shelf *domain.Shelf, sku domain.SKU) {
	for key := range w.balances {
		if key.SKU == sku {
			w.putBalance(shelf, key)
		}
	}
}

func (w *world) putReservation(shelf *domain.Shelf, id uuid.UUID) {
	reservation := w.reservations[id]
	reservation.Claims = nil
	for _, claim := range w.claims[id] {
		reservation.Claims = append(reservation.Claims, &claim)
	}
	slices.SortFunc(reservation.Claims, func(a, b *domain.Claim) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Node, b.Node))
	})
	shelf.PutReservation(reservation)
}

func (w *world) putOrder(shelf *domain.Shelf, order domain.OrderID) {
	for id, reservation := range w.reservations {
		if reservation.Order == order {
			w.putReservation(shelf, id)
		}
	}
	for _, handling := range w.handlings {
		if handling.Order == order {
			handling.Lines = slices.Clone(handling.Lines)
			for i, line := range handling.Lines {
				copied := *line
				handling.Lines[i] = &copied
			}
			shelf.PutHandling(handling)
		}
	}
}

func (w *world) putClaimsOn(shelf *domain.Shelf, key domain.StockKey) {
	for id, claims := range w.claims {
		for _, claim := range claims {
			if claim.SKU == key.SKU && claim.Node == key.Node && claim.Remaining > 0 {
				w.putReservation(shelf, id)
				w.putOrder(shelf, w.reservations[id].Order)
			}
		}
	}
}

func (w *world) putDemand(shelf *domain.Shelf, skus []domain.SKU) {
	for _, sku := range skus {
		w.putQuotas(shelf, sku)
		queue := w.queue(sku)
		if len(queue) > w.limit {
			queue = queue[:w.limit]
			last := queue[w.limit-1]
			shelf.HideDemand(sku, domain.QueuePosition{
				Priority: w.reservations[last.reservation].Priority, Reservation: last.reservation, Line: last.line,
			})
		}
		for _, key := range queue {
			w.putReservation(shelf, key.reservation)
		}
	}
}

// queue is what waits for an item, in the order of the table's key.
func (w *world) queue(sku domain.SKU) []demandKey {
	var queue []demandKey
	for key := range w.demand {
		if key.sku == sku {
			queue = append(queue, key)
		}
	}
	slices.SortFunc(queue, func(a, b demandKey) int {
		return cmp.Or(cmp.Compare(w.reservations[b.reservation].Priority, w.reservations[a.reservation].Priority),
			bytes.Compare(a.reservation[:], b.reservation[:]), cmp.Compare(a.line, b.line))
	})
	return queue
}

func (w *world) save(shelf *domain.Shelf) {
	changes := shelf.Changes(w.id)
	for _, decided := range changes.New {
		if _, known := w.outcomes[decided.Key]; known {
			panic("a key twice: " + decided.Key)
		}
		w.outcomes[decided.Key] = decided.Outcome
		if decided.Outcome.Refusal == nil {
			w.reservations[decided.ID] = *decided.Reservation
			w.claims[decided.ID] = map[claimKey]domain.Claim{}
		}
	}
	for _, reservation := range changes.Reservations {
		w.reservations[reservation.ID] = *reservation
	}
	for _, claims := range [][]*domain.Claim{changes.NewClaims, changes.ChangedClaims} {
		for _, claim := range claims {
			w.claims[claim.Reservation().ID][claimKey{claim.Line, claim.Node}] = *claim
		}
	}
	for _, claim := range changes.Demand {
		key := demandKey{claim.SKU, claim.Reservation().ID, claim.Line}
		if w.demand[key] = claim.Remaining; claim.Remaining == 0 {
			delete(w.demand, key)
		}
	}
	for _, balance := range changes.Balances {
		if before := w.balances[balance.StockKey].Version; balance.Version != before+1 {
			panic(fmt.Sprintf("%v: version %d after %d", balance.StockKey, balance.Version, before))
		}
		w.balances[balance.StockKey] = balance
	}
	for _, lot := range changes.Lots {
		if w.lots[lot.StockKey] == nil {
			w.lots[lot.StockKey] = map[string]domain.Lot{}
		}
		w.lots[lot.StockKey][lot.Lot] = lot
	}
	for _, posting := range changes.Ledger {
		w.ledger[posting.StockKey] = append(w.ledger[posting.StockKey], posting.Movement)
	}
	for _, handling := range changes.Handlings {
		w.handlings[handling.Fulfillment] = *handling
	}
	for _, decided := range changes.Cancellations {
		w.cancellations[decided.Key] = decided.Outcome
	}
	for _, fact := range changes.Deferred {
		w.deferred = append(w.deferred, *fact)
	}
	for _, fact := range changes.Posted {
		w.deferred = slices.DeleteFunc(w.deferred, func(kept domain.Deferred) bool { return kept.ID == fact.ID })
	}
	w.savePromises(changes)
	w.hear(changes)
}

// hear panics when the events of an aggregate have a gap.
func (w *world) hear(changes domain.Changes) {
	next := func(aggregate string, sequence int64) {
		if w.sequences[aggregate]++; w.sequences[aggregate] != sequence {
			panic(fmt.Sprintf("%s: event %d after %d", aggregate, sequence, w.sequences[aggregate]-1))
		}
	}
	for _, event := range changes.Told {
		next(event.Reservation.Key, event.Sequence)
	}
	for _, event := range changes.StockTold {
		next(event.Balance.String(), event.Sequence)
	}
	w.told = append(w.told, changes.Told...)
}
