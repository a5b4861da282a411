package domain

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Lot is the part of a balance that came from one lot. What is promised is promised of the balance: the warehouse chooses
// the lot when it ships. The lots of a balance add up to it.
type Lot struct {
	StockKey
	// Lot is empty for what is there without a known lot.
	Lot                          string
	OnHand, QualityHold, Damaged int64
	// ExpiresOn is the last day of sale, "YYYY-MM-DD"; empty: none.
	ExpiresOn string
	// CountedTo is as on a balance.
	CountedTo time.Time

	changed bool
}

// The reasons of lots.
const (
	// ReasonLotMismatch: a warehouse took more of a lot than there was of it by our books, so other lots were taken before
	// than those that it had named. The sum is right.
	ReasonLotMismatch = "LOT_MISMATCH"
	ReasonExpired     = "EXPIRED"
)

// TrackLots says that the balance is kept by lot, and adds its stored lots.
func (s *Shelf) TrackLots(key StockKey, lots []Lot) {
	at := s.stock(key)
	if at.lots == nil {
		at.lots = make(map[string]*Lot, len(lots))
	}
	for _, stored := range lots {
		stored.changed = false
		at.lots[stored.Lot] = &stored
	}
}

func (s *stock) lot(name string) *Lot {
	if s.lots[name] == nil {
		s.lots[name] = &Lot{StockKey: s.StockKey, Lot: name}
	}
	return s.lots[name]
}

func (l *Lot) post(m Movement) {
	l.changed = true
	for _, side := range []struct {
		bucket Bucket
		change int64
	}{{m.From, -m.Quantity}, {m.To, m.Quantity}} {
		switch side.bucket {
		case Sellable:
			l.OnHand += side.change
		case QualityHold:
			l.OnHand += side.change
			l.QualityHold += side.change
		case Damaged:
			l.OnHand += side.change
			l.Damaged += side.change
		default: // outside
		}
	}
}

func (l *Lot) in(bucket Bucket) int64 {
	return Balance{OnHand: l.OnHand, QualityHold: l.QualityHold, Damaged: l.Damaged}.in(bucket)
}

// byLot says from which lots a movement takes. Where nobody names one, the first to expire goes first. Where more is taken
// of the named lot than there is of it, the books of the lots are corrected before: the sum is right, and it was another
// lot that had been taken earlier.
func (s *stock) byLot(m Movement) []Movement {
	switch {
	case s.lots == nil:
		m.Lot = ""
		return []Movement{m}
	case !m.From.physical() || (m.Lot != "" && (m.Counted || m.onHand() < 0 && s.seen(m))):
		return []Movement{m}
	case m.Lot == "":
		return s.firstExpired(m, "")
	}
	missing := m
	if missing.Quantity -= max(s.lot(m.Lot).in(m.From), 0); missing.Quantity > 0 {
		missing.To, missing.Reason = Adjusted, ReasonLotMismatch
		for _, taken := range s.firstExpired(missing, m.Lot) {
			if taken.Lot == m.Lot {
				continue
			}
			s.post(taken)
			taken.From, taken.To, taken.Lot = Adjusted, m.From, m.Lot
			s.post(taken)
		}
	}
	return []Movement{m}
}

// firstExpired splits a movement over the lots of its bucket, the first to expire first. What no lot has stays with the
// lot that is not known, or the given one.
func (s *stock) firstExpired(m Movement, named string) []Movement {
	lots := slices.SortedFunc(maps.Values(s.lots), func(a, b *Lot) int {
		return cmp.Or(cmp.Compare(b2i(a.ExpiresOn == ""), b2i(b.ExpiresOn == "")), cmp.Compare(a.ExpiresOn, b.ExpiresOn),
			cmp.Compare(a.Lot, b.Lot))
	})
	var parts []Movement
	take := func(lot string, quantity int64) {
		if quantity > 0 {
			part := m
			part.Lot, part.Quantity = lot, quantity
			parts = append(parts, part)
			m.Quantity -= quantity
		}
	}
	for _, lot := range lots {
		if lot.Lot != named || named == "" {
			take(lot.Lot, min(m.Quantity, lot.in(m.From)))
		}
	}
	take(named, m.Quantity)
	return parts
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Expired are the movements that put on quality hold what is sellable of lots after their last day of sale. What pickers
// have in hand stays: it is for the warehouse to say what becomes of it.
func (s *Shelf) Expired(today string) []Flow {
	var flows []Flow
	for _, at := range s.stocks {
		left := at.takeable(Sellable)
		for _, lot := range slices.SortedFunc(maps.Values(at.lots), func(a, b *Lot) int { return cmp.Compare(a.Lot, b.Lot) }) {
			quantity := min(lot.in(Sellable), left)
			if quantity <= 0 || lot.ExpiresOn == "" || lot.ExpiresOn >= today {
				continue
			}
			left -= quantity
			flows = append(flows, Flow{StockKey: at.StockKey, Movement: Movement{
				From: Sellable, To: QualityHold, Lot: lot.Lot, Quantity: quantity, Reason: ReasonExpired, Document: lot.Lot,
				OccurredAt: s.now,
			}})
		}
	}
	slices.SortStableFunc(flows, func(a, b Flow) int { return CompareStock(a.StockKey, b.StockKey) })
	return flows
}

func (s *Shelf) collectLots(at *stock) {
	for _, lot := range slices.SortedFunc(maps.Values(at.lots), func(a, b *Lot) int { return cmp.Compare(a.Lot, b.Lot) }) {
		if lot.changed {
			s.changes.Lots = append(s.changes.Lots, *lot)
		}
	}
}
