package domain

import (
	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/money"
)

// Release is credit that was given back, kept for ever under its key.
type Release struct {
	Key      string
	Order    uuid.UUID
	Released money.Minor
}

// ReleaseWant asks for credit to be given back: a whole claim when ClaimKey is set, else quantities of an order's lines,
// everything that was not shipped when there are none.
type ReleaseWant struct {
	Key      string
	Order    uuid.UUID
	ClaimKey string
	Lines    []LineQuantity
}

// LineQuantity is a quantity of an order line.
type LineQuantity struct {
	Line     int32
	Quantity int64
}

// Release gives back credit and returns how much. A key that is known gives back nothing more and returns what it gave the
// first time. Undoing a claim that has not come leaves a mark, for which it is refused when it comes.
func (b *Book) Release(want ReleaseWant) (money.Minor, error) {
	if known := b.releases[want.Key]; known != nil {
		return known.Released, nil
	}
	var released money.Minor
	var err error
	if want.ClaimKey != "" {
		released, err = b.undo(want)
	} else {
		released, err = b.give(want)
	}
	if err != nil {
		return 0, err
	}
	release := &Release{Key: want.Key, Order: want.Order, Released: released}
	b.releases[want.Key] = release
	b.newReleases = append(b.newReleases, release)
	return released, nil
}

func (b *Book) undo(want ReleaseWant) (money.Minor, error) {
	claim := b.claims[want.ClaimKey]
	if claim == nil {
		mark := &Claim{
			Key: want.ClaimKey, Order: want.Order, Outcome: Undone, Reason: ReasonUndone,
			Message: "the claim was taken back before it came",
		}
		b.claims[mark.Key] = mark
		b.changeClaim(mark)
		return 0, nil
	}
	if !claim.Active {
		return 0, nil
	}
	if known := b.orders[claim.Order]; known != nil && known.ClaimKey == claim.Key && known.Before != nil && known.Before.ClaimKey == claim.Replaced {
		return b.restore(claim, known, known.Before)
	}
	released := claim.Open
	if err := b.reduce(claim, released); err != nil {
		return 0, err
	}
	claim.Active = false
	b.changeClaim(claim)
	return released, nil
}

func (b *Book) give(want ReleaseWant) (money.Minor, error) {
	order := b.orders[want.Order]
	if order == nil {
		return 0, nil
	}
	lines := want.Lines
	if len(lines) == 0 {
		for i := range order.Lines {
			line := &order.Lines[i]
			lines = append(lines, LineQuantity{Line: line.Number, Quantity: order.Progress.remaining(line)})
		}
	}
	var released money.Minor
	for _, part := range lines {
		line := order.Line(part.Line)
		if line == nil {
			continue // it never weighed anything
		}
		quantity := min(part.Quantity, order.Progress.remaining(line))
		if quantity <= 0 {
			continue
		}
		to := order.Progress[line.Number]
		to.Released += quantity
		fell, err := order.Progress.change(order.Order, line, order.Weighing, to)
		if err != nil {
			return 0, err
		}
		released += fell
		order.progressChanged = true
		b.changeOrder(order)
	}
	claim := b.activeClaim(order)
	if claim == nil {
		return 0, nil
	}
	return released, b.reduce(claim, released)
}
