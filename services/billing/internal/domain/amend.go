package domain

import (
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Revision is a priced order that an amendment has replaced, kept under the claim that brought it.
type Revision struct {
	ClaimKey string
	*Order
	Snapshot []byte
	Weighing
}

// mayBecome refuses a snapshot under which what has moved would have cost something else: price terms and tax of a line of
// which a part was shipped stay, its quantity does not fall below what was shipped of it, and what is invoiced of a charge
// remains one. Lines that have not moved may change at will.
func (o *KnownOrder) mayBecome(next *Order) error {
	if o.Hash == next.Hash {
		return nil
	}
	for number, moved := range o.Progress {
		if moved.Shipped == 0 {
			continue
		}
		line, after := o.Line(number), next.Line(number)
		if line == nil {
			continue // it never weighed anything
		}
		if after == nil || !after.costsAs(line) || after.Quantity < min(moved.Shipped, line.Quantity) {
			return fault.New(fault.Precondition, ReasonSnapshotChanged, "line %d was priced anew after a part of it had moved", number)
		}
	}
	for at, charged := range o.Charged {
		if charged == 0 {
			continue
		}
		if at >= len(next.Charges) || next.Charges[at].Type != o.Charges[at].Type || next.Charges[at].TaxClass != o.Charges[at].TaxClass {
			return fault.New(fault.Precondition, ReasonSnapshotChanged, "charge %d changed after a part of it was invoiced", at+1)
		}
	}
	if o.anyShipped() && (next.Rounding != o.Rounding || next.TaxMode != o.TaxMode) {
		return fault.New(fault.Precondition, ReasonSnapshotChanged, "the rounding changed after a part of the order had moved")
	}
	return nil
}

func (o *KnownOrder) anyShipped() bool {
	for _, line := range o.Progress {
		if line.Shipped != 0 {
			return true
		}
	}
	return false
}

// costsAs says whether a quantity of the line costs the same, and is taxed the same, as on another.
func (l *Line) costsAs(other *Line) bool {
	return l.Price == other.Price && l.Numerator == other.Numerator && l.Denominator == other.Denominator &&
		l.Scale == other.Scale && l.TaxClass == other.TaxClass && l.Service == other.Service && l.Jurisdiction == other.Jurisdiction
}

// replace lets a claim take the place of the one before. That of an earlier revision is kept, to count again when the
// amendment's claim is undone because the order did not take the change.
func (b *Book) replace(before, claim *Claim, known *KnownOrder, next *Order) {
	before.Active, before.Open = false, 0
	b.changeClaim(before)
	if next.Revision <= known.Revision {
		return
	}
	claim.Replaced = before.Key
	known.Before = &Revision{ClaimKey: before.Key, Order: known.Order, Snapshot: known.Snapshot, Weighing: known.Weighing}
	b.replaced = append(b.replaced, known.Before)
}

// Replaced are the revisions to keep.
func (b *Book) Replaced() []*Revision { return b.replaced }

// restore undoes the claim of an amendment: the order is again what it was before. It returns what is given back, which
// is below zero when the amendment had made the order smaller.
func (b *Book) restore(claim *Claim, known *KnownOrder, before *Revision) (money.Minor, error) {
	open, err := known.Progress.open(before.Order, before.Weighing)
	if err != nil {
		return 0, err
	}
	released := claim.Open - open
	if err := b.credits[claim.Account].move(change{openOrders: -released}); err != nil {
		return 0, err
	}
	claim.Active, claim.Open = false, 0
	b.changeClaim(claim)
	earlier := b.claims[before.ClaimKey]
	earlier.Active, earlier.Open = true, open
	b.changeClaim(earlier)
	known.Order, known.Snapshot, known.ClaimKey, known.Weighing = before.Order, before.Snapshot, before.ClaimKey, before.Weighing
	b.changeSnapshot(known)
	return max(released, 0), nil
}

// Amend takes an order as it was amended when no claim has brought the revision: of a fact, such as a warehouse that
// shipped more. No credit is asked for. A revision that is not newer changes nothing. Faults: ORDER_UNKNOWN (Unavailable),
// SNAPSHOT_INVALID, SNAPSHOT_CHANGED.
func (b *Book) Amend(order *Order, snapshot []byte) error {
	known := b.orders[order.ID]
	if known == nil {
		return fault.New(fault.Unavailable, ReasonOrderUnknown, "the order's prices have not come yet")
	}
	if known.Hash == order.Hash || order.Revision <= known.Revision {
		return nil
	}
	if err := order.Check(); err != nil {
		return err
	}
	if err := known.mayBecome(order); err != nil {
		return err
	}
	open, err := known.Progress.open(order, known.Weighing)
	if err != nil {
		return err
	}
	if claim := b.activeClaim(known); claim != nil {
		if err := b.reduce(claim, claim.Open-open); err != nil {
			return err
		}
	}
	known.Order, known.Snapshot = order, snapshot
	b.changeSnapshot(known)
	return nil
}

func (b *Book) changeSnapshot(order *KnownOrder) {
	order.snapshotChanged = true
	b.changeOrder(order)
}
