package domain

import (
	"fmt"
	"math/big"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// AccountID is a customer's code.
type AccountID string

// Order is an order as it was priced: the snapshot from which it is claimed and invoiced.
type Order struct {
	ID      uuid.UUID
	Partner string
	// Account owes: the bill-to, whose credit is claimed. SoldTo ordered.
	Account, SoldTo AccountID
	LegalEntity     string
	Currency        string
	Rounding        money.Rounding
	PaymentDays     int
	Jurisdiction    string
	TaxMode         money.TaxLevel
	// Charges are the discounts, freights and fees of the whole order; their parts stand on the lines.
	Charges []Charge
	// Revision counts the amendments.
	Revision int32
	// Prepaid: a provider authorises its payment before it is accepted.
	Prepaid bool
	// Hash tells equal snapshots from different ones.
	Hash string
	// Defect says what of it could not be read; empty when all could.
	Defect string
	Lines  []Line
}

// Line is one line of a priced order. Quantities are base quantities.
type Line struct {
	Number   int32
	Quantity int64
	Scale    int
	// Price is that of one price unit, of which Denominator are Numerator base units.
	Price                  money.Price
	Numerator, Denominator int64
	// Net is the amount of the whole line.
	Net      money.Minor
	TaxClass string
	Service  bool
	// Jurisdiction is where its tax is due; empty: where the order's is.
	Jurisdiction string
	// Charges are its parts of the order's charges, in their order.
	Charges []money.Minor
}

// ReasonSnapshotInvalid refuses a priced order that contradicts itself.
const ReasonSnapshotInvalid = "SNAPSHOT_INVALID"

// Check refuses a snapshot from which nothing could be invoiced right: lines out of order, or an amount that is not its
// price times its quantity. It stands at the door, so that a defect elsewhere stops one order before it ships.
func (o *Order) Check() error {
	if o.Defect != "" {
		return invalidSnapshot("%s", o.Defect)
	}
	if len(o.Lines) == 0 {
		return invalidSnapshot("it has no lines")
	}
	for i := range o.Lines {
		line := &o.Lines[i]
		if i > 0 && line.Number <= o.Lines[i-1].Number || line.Number < 1 {
			return invalidSnapshot("line %d is out of order", line.Number)
		}
		if line.Quantity <= 0 || line.Price < 0 {
			return invalidSnapshot("line %d has no quantity, or a negative price", line.Number)
		}
		net, err := o.net(line, line.Quantity)
		if err != nil {
			return invalidSnapshot("the amount of line %d cannot be computed: %s", line.Number, err)
		}
		if net != line.Net {
			return invalidSnapshot("line %d says %d minor units where price and quantity give %d", line.Number, line.Net, net)
		}
	}
	return o.checkCharges()
}

func invalidSnapshot(format string, args ...any) error {
	return fault.New(fault.Invalid, ReasonSnapshotInvalid, "the priced order contradicts itself: %s", fmt.Sprintf(format, args...))
}

// Line finds a line by its number; nil when there is none.
func (o *Order) Line(number int32) *Line {
	// Numbers ascend and mostly count from 1.
	if at := int(number) - 1; at >= 0 && at < len(o.Lines) && o.Lines[at].Number == number {
		return &o.Lines[at]
	}
	for i := range o.Lines {
		if o.Lines[i].Number == number {
			return &o.Lines[i]
		}
	}
	return nil
}

// Invoiced is what a line costs once a quantity of it is invoiced, in however many parts.
func (o *Order) Invoiced(number int32, quantity int64) (money.Minor, error) {
	line := o.Line(number)
	if line == nil {
		return 0, fault.New(fault.Invalid, ReasonLineUnknown, "the order has no line %d", number)
	}
	return o.net(line, quantity)
}

// Rounded is what all that was shipped costs before charges, rounded once.
func (o *Order) Rounded(shipped Progress) (money.Minor, error) {
	sum := new(big.Rat)
	for i := range o.Lines {
		line := &o.Lines[i]
		if done := shipped[line.Number].Shipped; done != 0 {
			exact, err := o.exact(line, done)
			if err != nil {
				return 0, err
			}
			sum.Add(sum, exact)
		}
	}
	return money.RoundExact(sum, o.Rounding)
}

// ExactNet is what a quantity of a line costs before it is rounded.
func (o *Order) ExactNet(number int32, quantity int64) (*big.Rat, error) {
	line := o.Line(number)
	if line == nil {
		return nil, fault.New(fault.Invalid, ReasonLineUnknown, "the order has no line %d", number)
	}
	return o.exact(line, quantity)
}

// net is the amount of a quantity of a line before tax, rounded once.
func (o *Order) net(line *Line, quantity int64) (money.Minor, error) {
	return money.ExtendPer(line.Price, line.Numerator, line.Denominator, quantity, line.Scale, o.Currency, o.Rounding)
}

// exact is net before it is rounded.
func (o *Order) exact(line *Line, quantity int64) (*big.Rat, error) {
	return money.ExactPer(line.Price, line.Numerator, line.Denominator, quantity, line.Scale, o.Currency)
}

// value is what a quantity of a line weighs in the exposure: the net amount with its part of the charges and the tax that
// is assumed for it.
func (o *Order) value(line *Line, quantity int64, rate money.Rate) (money.Minor, error) {
	if quantity <= 0 {
		return 0, nil
	}
	var charged money.Minor
	for _, part := range line.Charges {
		charged += part
	}
	net := line.Net + charged
	if quantity != line.Quantity {
		var err error
		if net, err = o.partValue(line, quantity, charged); err != nil {
			return 0, err
		}
	}
	return o.withTax(net, rate)
}

// partValue is rounded once, so that it never falls when the quantity grows.
func (o *Order) partValue(line *Line, quantity int64, charged money.Minor) (money.Minor, error) {
	if charged == 0 {
		return o.net(line, quantity)
	}
	exact, err := o.exact(line, quantity)
	if err != nil {
		return 0, err
	}
	share := new(big.Rat).Mul(big.NewRat(quantity, line.Quantity), new(big.Rat).SetInt64(charged))
	return money.RoundExact(exact.Add(exact, share), o.Rounding)
}

func (o *Order) withTax(net money.Minor, rate money.Rate) (money.Minor, error) {
	tax, err := money.Tax(net, rate, o.Rounding)
	if err != nil {
		return 0, err
	}
	return money.Add(net, tax)
}
