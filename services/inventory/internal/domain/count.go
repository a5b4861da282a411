package domain

import (
	"fmt"
	"slices"
	"time"
)

// Count is how much somebody, or an outside system, says is there in all.
type Count struct {
	StockKey
	Lot      string
	Quantity int64
	// At is the moment that it speaks of.
	At time.Time
	// Since is by how much the stored ledger says that the stock has changed after that moment.
	Since            int64
	Reason, Document string
	// Looked: somebody went and looked, so that it decides about what pickers did not find.
	Looked bool
	// Snapshot is what is told of it; nil for a count. Freshness is for how long it may be promised in full, seen from Now.
	Snapshot  *SnapshotApplied
	Freshness Freshness
	Now       time.Time
}

// SnapshotApplied is what is told of a snapshot that was taken.
type SnapshotApplied struct {
	Lot, Source                   string
	Sequence                      int64
	Quantity, Difference, Revoked int64
	AsOf                          time.Time
	LowConfidence                 bool
}

// Counted is what became of a count.
type Counted struct {
	// Stale: a count of the same or a later moment is in the books.
	Stale bool
	// Difference is the count less what the ledger says of the moment; Revoked is what it took back of promises.
	Difference, Revoked int64
	// Frozen: the stock is frozen after it.
	Frozen bool
}

// The reasons of counts.
const (
	ReasonCount     = "COUNT"
	ReasonSnapshot  = "SNAPSHOT"
	ReasonStaleness = "STALE_NEWER_COUNT"
)

// Shortages are the balances of which the counts may take more than is available, see Takings.
func (s *Shelf) Shortages(counts []Count) []StockKey {
	var found []StockKey
	seen := map[StockKey]bool{}
	for _, count := range counts {
		at := s.stock(count.StockKey)
		if seen[at.StockKey] || at.onHand(count.Lot)-count.Since-count.Quantity > at.Available() {
			found = append(found, at.StockKey)
		}
		seen[at.StockKey] = true
	}
	slices.SortFunc(found, CompareStock)
	return slices.Compact(found)
}

// Count brings the ledger in line with counts, one after the other: what is posted is the difference at the moment that a
// count speaks of, so what moved later stays. It fails only when the shelf lacks something that Shortages asked for. Call
// Flow(nil) when all is done.
func (s *Shelf) Count(count Count) (Counted, error) {
	at := s.stock(count.StockKey)
	countedTo := &at.CountedTo
	if at.lots != nil {
		countedTo = &at.lot(count.Lot).CountedTo
		at.lot(count.Lot).changed = true
	}
	if !count.At.After(*countedTo) {
		return Counted{Stale: true}, nil
	}
	*countedTo, at.changed = count.At, true
	before := s.revoked
	outcome := Counted{Difference: count.Quantity - (at.onHand(count.Lot) - count.Since - at.movedSince(count.At, count.Lot))}
	if err := s.correct(at, count, outcome.Difference); err != nil {
		return Counted{}, err
	}
	if err := s.settle(at.StockKey); err != nil {
		return Counted{}, err
	}
	outcome.Revoked, outcome.Frozen = s.revoked-before, at.Frozen
	if told := count.Snapshot; told != nil {
		told.Quantity, told.Difference, told.Revoked = count.Quantity, outcome.Difference, outcome.Revoked
		at.snapshots = append(at.snapshots, told)
		at.refresh(count.Freshness, count.Now)
	}
	return outcome, nil
}

// OnHand is what is there by our books, of the lot where the stock is kept by lot.
func (s *Shelf) OnHand(key StockKey, lot string) int64 { return s.stock(key).onHand(lot) }

func (s *stock) onHand(lot string) int64 {
	if s.lots != nil {
		return s.lot(lot).OnHand
	}
	return s.OnHand
}

// movedSince is by how much the commands on this shelf have changed what is there after the moment.
func (s *stock) movedSince(moment time.Time, lot string) int64 {
	var change int64
	for _, m := range s.movements {
		if m.OccurredAt.After(moment) && (s.lots == nil || m.Lot == lot) {
			change += m.onHand()
		}
	}
	return change
}

// correct posts a difference. What is missing is first what pickers did not find, then what is sellable, then what is on
// hold or damaged. When somebody has looked, the rest of what pickers did not find is there.
func (s *Shelf) correct(at *stock, count Count, difference int64) error {
	post := func(from, to Bucket, quantity int64) {
		s.move(at, Movement{
			From: from, To: to, Lot: count.Lot, Quantity: quantity, Reason: count.Reason, Document: count.Document,
			OccurredAt: count.At, Counted: true,
		})
	}
	missing := max(-difference, 0)
	gone := min(missing, at.unverified(count.Lot))
	missing -= gone
	at.Unverified -= gone
	post(QualityHold, Adjusted, gone)
	if count.Looked {
		found := at.unverified(count.Lot)
		at.Unverified -= found
		post(QualityHold, Sellable, found)
		at.restocked = at.restocked || found > 0
	}
	if difference > 0 {
		post(Adjusted, Sellable, difference)
		at.restocked = true
	}
	if missing == 0 {
		return nil
	}
	sellable := at.takeable(Sellable)
	held, damaged := at.QualityHold, at.Damaged
	if at.lots != nil {
		lot := at.lot(count.Lot)
		sellable, held, damaged = min(sellable, lot.in(Sellable)), lot.QualityHold, lot.Damaged
	}
	sellable = min(sellable, missing)
	held = min(held, missing-sellable)
	damaged = min(damaged, missing-sellable-held)
	if sellable+held+damaged < missing {
		sellable, held, damaged = missing, 0, 0 // cannot be: all of it is kept aside
	}
	if sellable > 0 {
		fact := &Deferred{StockKey: at.StockKey, ID: fmt.Sprintf("%s/%s/%d", count.Document, count.Lot, count.At.UnixMicro()),
			Movement: Movement{
				From: Sellable, To: Adjusted, Lot: count.Lot, Quantity: sellable, Reason: count.Reason, Document: count.Document,
				OccurredAt: count.At, Counted: true,
			}}
		if err := s.record(at, fact); err != nil {
			return err
		}
	}
	post(QualityHold, Adjusted, held)
	post(Damaged, Adjusted, damaged)
	return nil
}

// unverified is what pickers did not find, at most what is on hold of the lot.
func (s *stock) unverified(lot string) int64 {
	if s.lots != nil {
		return min(s.Unverified, s.lot(lot).QualityHold)
	}
	return s.Unverified
}
