package domain

import (
	"fmt"
	"slices"
)

// Truth is what the ledger and the promises say of a balance.
type Truth struct {
	StockKey
	OnHand, QualityHold, Damaged int64
	Reserved, Picked             int64
	// Lots are the parts of it, of an item with lots.
	Lots []Lot
}

// balance is it as a balance that says nothing else.
func (t Truth) balance() Balance {
	return Balance{
		StockKey: t.StockKey, OnHand: t.OnHand, QualityHold: t.QualityHold, Damaged: t.Damaged, Reserved: t.Reserved, Picked: t.Picked,
	}
}

// Short is by how much more is promised than is there for sale; promises must be revoked for it.
func (t Truth) Short() int64 { return max(-t.balance().Available(), 0) }

// ReasonLedgerImpossible is that of a ledger that says what cannot be.
const ReasonLedgerImpossible = "LEDGER_IMPOSSIBLE"

// impossible says what of it cannot be; empty: nothing.
func (t Truth) impossible() string {
	switch {
	case min(t.OnHand, t.QualityHold, t.Damaged, t.Reserved, t.Picked) < 0 || t.OnHand < t.QualityHold+t.Damaged:
		return fmt.Sprintf("by its ledger it has %d, of which %d are held and %d damaged", t.OnHand, t.QualityHold, t.Damaged)
	case t.OnHand-t.QualityHold-t.Damaged < t.Picked:
		return fmt.Sprintf("pickers have %d of it in hand, and by its ledger %d are there", t.Picked, t.OnHand-t.QualityHold-t.Damaged)
	}
	for _, lot := range t.Lots {
		if min(lot.OnHand, lot.QualityHold, lot.Damaged) < 0 || lot.OnHand < lot.QualityHold+lot.Damaged {
			return fmt.Sprintf("by its ledger lot %q has %d, of which %d are held and %d damaged", lot.Lot, lot.OnHand, lot.QualityHold, lot.Damaged)
		}
	}
	return ""
}

// Rebuild sets balances to what the ledger and the promises say, and says which of them that changed. Where more is promised than is
// there then, promises are revoked. A balance of which the ledger says what cannot be is refused, and the shelf must not be
// saved then. Call Flow(nil) when all is done.
func (s *Shelf) Rebuild(truths []Truth) (changed map[StockKey]bool, refusal *FlowRefusal, err error) {
	changed = map[StockKey]bool{}
	for i, truth := range truths {
		if wrong := truth.impossible(); wrong != "" {
			return nil, &FlowRefusal{Index: i, Reason: ReasonLedgerImpossible, Message: wrong}, nil
		}
		at := s.stock(truth.StockKey)
		if at.matches(truth) {
			continue
		}
		changed[at.StockKey], at.changed, at.restocked = true, true, true
		at.OnHand, at.QualityHold, at.Damaged = truth.OnHand, truth.QualityHold, truth.Damaged
		at.Reserved, at.Picked = truth.Reserved, truth.Picked
		at.Unverified = min(at.Unverified, at.QualityHold)
		if at.lots != nil {
			at.setLots(truth.Lots)
		}
		if err := s.revoke(at, truth.Short()); err != nil {
			return nil, nil, err
		}
	}
	return changed, nil, nil
}

func (s *stock) matches(truth Truth) bool {
	if s.OnHand != truth.OnHand || s.QualityHold != truth.QualityHold || s.Damaged != truth.Damaged || s.Reserved != truth.Reserved ||
		s.Picked != truth.Picked {
		return false
	}
	for _, lot := range truth.Lots {
		stored := s.lots[lot.Lot]
		if stored == nil || stored.OnHand != lot.OnHand || stored.QualityHold != lot.QualityHold || stored.Damaged != lot.Damaged {
			return false
		}
	}
	for _, stored := range s.lots { // those of which the ledger knows nothing have nothing
		if stored.OnHand != 0 && !named(truth.Lots, stored.Lot) {
			return false
		}
	}
	return true
}

// setLots sets the lots to what the ledger says; one of which it knows nothing has nothing.
func (s *stock) setLots(lots []Lot) {
	for name, stored := range s.lots {
		if !named(lots, name) {
			stored.OnHand, stored.QualityHold, stored.Damaged, stored.changed = 0, 0, 0, true
		}
	}
	for _, lot := range lots {
		stored := s.lot(lot.Lot)
		stored.OnHand, stored.QualityHold, stored.Damaged, stored.changed = lot.OnHand, lot.QualityHold, lot.Damaged, true
	}
}

func named(lots []Lot, name string) bool {
	return slices.ContainsFunc(lots, func(lot Lot) bool { return lot.Lot == name })
}
