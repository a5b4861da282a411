package domain_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// promises are the tables beside stock: what is kept back, what channels may have, and which holds end when.
type promises struct {
	clock  time.Time
	safety map[domain.StockKey]map[domain.Channel]int64
	quotas map[domain.QuotaKey]domain.Quota
	soft   map[domain.SoftKey]bool
}

func newPromises() promises {
	return promises{
		clock: now, safety: map[domain.StockKey]map[domain.Channel]int64{}, quotas: map[domain.QuotaKey]domain.Quota{},
		soft: map[domain.SoftKey]bool{},
	}
}

// shelf is an empty shelf that knows what is kept back.
func (w *world) shelf() *domain.Shelf {
	shelf := domain.NewShelf(w.nodes, w.clock)
	for key, kept := range w.safety {
		for channel, quantity := range kept {
			shelf.PutSafetyStock(key, channel, quantity)
		}
	}
	return shelf
}

func (w *world) keepBack(sku domain.SKU, node domain.NodeID, channel domain.Channel, quantity int64) {
	key := domain.StockKey{SKU: sku, Node: node}
	if w.safety[key] == nil {
		w.safety[key] = map[domain.Channel]int64{}
	}
	w.safety[key][channel] = quantity
	w.serve()
}

// limitChannel sets a quota, with what is reserved now.
func (w *world) limitChannel(sku domain.SKU, channel domain.Channel, quantity int64) {
	key := domain.QuotaKey{SKU: sku, Channel: channel}
	w.quotas[key] = domain.Quota{QuotaKey: key, Quantity: quantity, Reserved: w.reservedBy(key)}
	w.serve()
}

func (w *world) reservedBy(key domain.QuotaKey) int64 {
	var reserved int64
	for id, claims := range w.claims {
		for _, claim := range claims {
			if w.reservations[id].Channel == key.Channel && claim.SKU == key.SKU && claim.Node != domain.Nowhere {
				reserved += claim.Remaining
			}
		}
	}
	return reserved
}

func (w *world) putQuotas(shelf *domain.Shelf, sku domain.SKU) {
	var quotas []domain.Quota
	for key, quota := range w.quotas {
		if key.SKU == sku {
			quotas = append(quotas, quota)
		}
	}
	shelf.PutQuotas([]domain.SKU{sku}, quotas)
}

// putHolds loads what the store does: holds on the items that are over, and the one that is replaced.
func (w *world) putHolds(shelf *domain.Shelf, want domain.Want) {
	for key := range w.soft {
		for _, line := range want.Lines {
			if key.SKU == line.SKU && !key.ExpiresAt.After(w.clock) {
				w.putHold(shelf, key.Reservation)
			}
		}
	}
	for id, reservation := range w.reservations {
		if reservation.Key == want.Replaces {
			w.putHold(shelf, id)
		}
	}
}

func (w *world) putHold(shelf *domain.Shelf, id uuid.UUID) {
	w.putReservation(shelf, id)
	for _, claim := range w.claims[id] {
		w.putBalance(shelf, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
	}
}

// sweep ends all holds that are over.
func (w *world) sweep() {
	w.withHolds(func(shelf *domain.Shelf) { shelf.ExpireAndServe() })
}

// withHolds changes something on a shelf with all holds.
func (w *world) withHolds(change func(shelf *domain.Shelf)) {
	shelf := w.shelf()
	for id, reservation := range w.reservations {
		if reservation.State == domain.Soft {
			w.putHold(shelf, id)
		}
	}
	w.putDemand(shelf, shelf.SKUs())
	change(shelf)
	w.save(shelf)
}

func (w *world) savePromises(changes domain.Changes) {
	for _, reservation := range changes.States {
		w.reservations[reservation.ID] = *reservation
	}
	for _, key := range changes.SoftGone {
		if !w.soft[key] {
			panic(fmt.Sprintf("%+v ends a hold that is not listed", key))
		}
		delete(w.soft, key)
	}
	for _, key := range changes.SoftKept {
		w.soft[key] = true
	}
	for _, move := range changes.QuotaMoves {
		if quota, limited := w.quotas[move.QuotaKey]; limited {
			quota.Reserved += move.Change
			w.quotas[move.QuotaKey] = quota
		}
	}
}

// drifted names a quota or a listed hold that does not say what the reservations say.
func (w *world) drifted() error {
	for key, quota := range w.quotas {
		if reserved := w.reservedBy(key); reserved != quota.Reserved {
			return fmt.Errorf("quota %+v, the claims have %d", quota, reserved)
		}
	}
	listed := map[domain.SoftKey]bool{}
	for id, reservation := range w.reservations {
		live := false
		for _, claim := range w.claims[id] {
			live = live || claim.Remaining > 0
			if reservation.State == domain.Soft {
				listed[domain.SoftKey{SKU: claim.SKU, ExpiresAt: reservation.ExpiresAt, Reservation: id}] = true
			}
			if reservation.State == domain.Soft && claim.Node == domain.Nowhere {
				return fmt.Errorf("hold %s waits: %+v", reservation.Key, claim)
			}
		}
		if live && reservation.State != domain.Soft && reservation.State != domain.Confirmed {
			return fmt.Errorf("%s is %s and holds something", reservation.Key, reservation.State)
		}
	}
	if !maps.Equal(listed, w.soft) {
		return fmt.Errorf("holds %v, listed %v", slices.Collect(maps.Keys(listed)), slices.Collect(maps.Keys(w.soft)))
	}
	return nil
}
