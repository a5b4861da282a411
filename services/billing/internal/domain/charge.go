package domain

import (
	"math/big"

	"github.com/waybill-dev/waybill/internal/money"
)

// ChargeType is the kind of a charge.
type ChargeType string

// The kinds of charge. A discount lowers what is paid for the lines, and has their tax; freight and fees are taxed by a
// class of their own.
const (
	Discount ChargeType = "DISCOUNT"
	Freight  ChargeType = "FREIGHT"
	Fee      ChargeType = "FEE"
)

// Charge is a discount, freight or fee of a whole order.
type Charge struct {
	Type ChargeType
	// Amount is below zero for a discount, above otherwise.
	Amount   money.Minor
	TaxClass string
}

// InvoiceCharge is what an invoice takes of a charge of its order. Positions go on after those of the lines.
type InvoiceCharge struct {
	Position int32
	// Charge is its place among the order's charges, from 0.
	Charge   int
	Type     ChargeType
	Net, Tax money.Minor
	TaxClass string
	Taxes    []Tax
	// Credited is what credit memos have taken back of it.
	Credited money.Minor
}

// checkCharges refuses charges whose parts do not add up, and discounts beyond the amount of a line.
func (o *Order) checkCharges() error {
	for at, charge := range o.Charges {
		switch charge.Type {
		case Discount, Freight, Fee:
		default:
			return invalidSnapshot("charge %d is of no known kind", at+1)
		}
		if (charge.Type == Discount) != (charge.Amount < 0) && charge.Amount != 0 {
			return invalidSnapshot("charge %d has the wrong sign", at+1)
		}
		var sum money.Minor
		for i := range o.Lines {
			if len(o.Lines[i].Charges) != len(o.Charges) {
				return invalidSnapshot("line %d has parts of %d of %d charges", o.Lines[i].Number, len(o.Lines[i].Charges), len(o.Charges))
			}
			part := o.Lines[i].Charges[at]
			if part != 0 && (part < 0) != (charge.Amount < 0) {
				return invalidSnapshot("line %d has a part of charge %d with the wrong sign", o.Lines[i].Number, at+1)
			}
			var err error
			if sum, err = money.Add(sum, part); err != nil {
				return invalidSnapshot("charge %d is too large", at+1)
			}
		}
		if sum != charge.Amount {
			return invalidSnapshot("the parts of charge %d are %d minor units of %d", at+1, sum, charge.Amount)
		}
	}
	for i := range o.Lines {
		if o.Lines[i].Net+o.discounts(&o.Lines[i]) < 0 {
			return invalidSnapshot("the discounts of line %d are larger than its amount", o.Lines[i].Number)
		}
	}
	return nil
}

func (o *Order) discounts(line *Line) money.Minor {
	var sum money.Minor
	for at, part := range line.Charges {
		if o.Charges[at].Type == Discount {
			sum += part
		}
	}
	return sum
}

// ChargeDue is what of a charge is due once so much of each line is shipped: of every line's part, that of its shipped
// quantity. What is cancelled is never due, and what is shipped beyond the order costs no more.
func (o *Order) ChargeDue(at int, shipped Progress) (money.Minor, error) {
	var due money.Minor
	for i := range o.Lines {
		line := &o.Lines[i]
		done := shipped[line.Number].Shipped
		if done == 0 || line.Charges[at] == 0 {
			continue
		}
		part, err := money.Share(line.Charges[at], min(done, line.Quantity), line.Quantity, o.Rounding)
		if err != nil {
			return 0, err
		}
		due += part
	}
	return due, nil
}

// charge bills what has become due of the order's charges by the shipment. An invoice never takes back what an earlier one
// took: where an amendment has spread a charge anew, later invoices take less until the sum is right.
func (i *Invoice) charge(order *KnownOrder) error {
	if len(order.Charges) == 0 {
		return nil
	}
	charged := make([]money.Minor, len(order.Charges))
	copy(charged, order.Charged)
	for at, charge := range order.Charges {
		due, err := order.ChargeDue(at, order.Progress)
		if err != nil {
			return err
		}
		net := due - charged[at]
		if charge.Type == Discount {
			net = i.discount(order.Order, at, min(net, 0))
		} else {
			net = max(net, 0)
		}
		if net == 0 {
			continue
		}
		charged[at] += net
		i.Charges = append(i.Charges, InvoiceCharge{
			Position: int32(len(i.Lines) + len(i.Charges) + 1), Charge: at, Type: charge.Type, Net: net, TaxClass: charge.TaxClass,
		})
		if i.Net, err = money.Add(i.Net, net); err != nil {
			return err
		}
	}
	order.Charged = charged
	return nil
}

// discount spreads a discount over the invoice's lines, by their own parts of it, never beyond what a line costs, and
// returns how much of it they take.
func (i *Invoice) discount(order *Order, at int, amount money.Minor) money.Minor {
	weights := make([]int64, len(i.Lines))
	var room money.Minor
	for on := range i.Lines {
		line := order.Line(i.Lines[on].Line)
		part := new(big.Int).Mul(big.NewInt(-line.Charges[at]), big.NewInt(i.Lines[on].Quantity))
		weights[on] = part.Div(part, big.NewInt(line.Quantity)).Int64()
		room += i.Lines[on].Net + i.Lines[on].Discount
	}
	amount = max(amount, -room)
	left := amount
	for on, part := range money.Allocate(amount, weights) {
		left -= i.Lines[on].take(part)
	}
	for on := 0; on < len(i.Lines) && left < 0; on++ {
		left -= i.Lines[on].take(left)
	}
	return amount - left
}

// take lowers the line by a discount, at most to nothing, and returns by how much.
func (l *InvoiceLine) take(discount money.Minor) money.Minor {
	taken := max(discount, -(l.Net + l.Discount))
	l.Discount += taken
	return taken
}

// Taxable is what of the line is taxed.
func (l *InvoiceLine) Taxable() money.Minor { return l.Net + l.Discount }
