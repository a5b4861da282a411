package domain

import (
	"math/big"

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
	// Backordered is what waits for stock, as the order last told. Only orders whose terms weigh it less are followed.
	Backordered int64
}

// FullWeight weighs a backordered unit as any other, in parts per ten thousand.
const FullWeight = 10_000

// Weighing is how the rest of an order is weighed in the exposure: by the terms of its account when it was claimed.
type Weighing struct {
	// TaxRate is the tax that is assumed.
	TaxRate money.Rate
	// Backordered is how much a unit that waits for stock counts, in parts per ten thousand.
	Backordered int64
}

// remaining is what of the line may still be shipped. A shipment of what was given back is a fact that leaves nothing
// below zero.
func (p Progress) remaining(line *Line) int64 {
	done := p[line.Number]
	return max(line.Quantity-done.Shipped-done.Released, 0)
}

// weight is what the rest of a line weighs in the exposure. What waits for stock is the difference between the rest and
// what is left without it, so that the two add up to the rest however they are rounded; of it the weight counts.
func (p Progress) weight(order *Order, line *Line, by Weighing) (money.Minor, error) {
	rest := p.remaining(line)
	whole, err := order.value(line, rest, by.TaxRate)
	waits := min(p[line.Number].Backordered, rest)
	if err != nil || waits <= 0 || by.Backordered >= FullWeight {
		return whole, err
	}
	firm, err := order.value(line, rest-waits, by.TaxRate)
	if err != nil {
		return 0, err
	}
	part := new(big.Rat).Mul(new(big.Rat).SetInt64(whole-firm), big.NewRat(by.Backordered, FullWeight))
	counts, err := money.RoundExact(part, order.Rounding)
	return firm + counts, err
}

// open is what the rest of the order weighs in the exposure.
func (p Progress) open(order *Order, by Weighing) (money.Minor, error) {
	var sum money.Minor
	for i := range order.Lines {
		value, err := p.weight(order, &order.Lines[i], by)
		if err != nil {
			return 0, err
		}
		if sum, err = money.Add(sum, value); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// OpenValue is what the rest of an order that has come so far weighs in the exposure.
func (o *Order) OpenValue(progress Progress, by Weighing) (money.Minor, error) {
	return progress.open(o, by)
}

// change applies a change to one line and returns by how much the open value falls.
func (p Progress) change(order *Order, line *Line, by Weighing, to LineProgress) (money.Minor, error) {
	before, err := p.weight(order, line, by)
	if err != nil {
		return 0, err
	}
	p[line.Number] = to
	after, err := p.weight(order, line, by)
	return before - after, err
}
