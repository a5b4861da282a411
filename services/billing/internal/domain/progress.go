package domain

import (
	"github.com/waybill-dev/waybill/internal/money"
)

// Progress is how far an order has come, by line number. A line that is not in it has not moved.
type Progress map[int32]LineProgress

// LineProgress is what became of one line so far.
type LineProgress struct {
	// Shipped is what was shipped and invoiced, Net the sum of its invoiced amounts.
	Shipped int64
	Net     money.Minor
	// Released is what will not be shipped.
	Released int64
}

// remaining is what of the line may still be shipped. A shipment of what was given back is a fact that leaves nothing
// below zero.
func (p Progress) remaining(line *Line) int64 {
	done := p[line.Number]
	return max(line.Quantity-done.Shipped-done.Released, 0)
}

// open is what the rest of the order weighs in the exposure.
func (p Progress) open(order *Order, rate money.Rate) (money.Minor, error) {
	var sum money.Minor
	for i := range order.Lines {
		line := &order.Lines[i]
		value, err := order.value(line, p.remaining(line), rate)
		if err != nil {
			return 0, err
		}
		if sum, err = money.Add(sum, value); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// change applies a change to one line and returns by how much the open value falls.
func (p Progress) change(order *Order, line *Line, rate money.Rate, to LineProgress) (money.Minor, error) {
	before, err := order.value(line, p.remaining(line), rate)
	if err != nil {
		return 0, err
	}
	p[line.Number] = to
	after, err := order.value(line, p.remaining(line), rate)
	return before - after, err
}
