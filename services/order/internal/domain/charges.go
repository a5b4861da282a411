package domain

import (
	"fmt"

	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/money"
)

// ChargeType is a kind of charge.
type ChargeType string

// The kinds of charge.
const (
	Discount ChargeType = "DISCOUNT"
	Freight  ChargeType = "FREIGHT"
	Fee      ChargeType = "FEE"
)

// AskCharge is a charge as it was sent: an amount in minor units, or a percentage of the lines' net (a discount only).
type AskCharge struct {
	Type        ChargeType
	Description string
	Amount      money.Minor
	Currency    string // of the amount; empty: there is none
	Percent     string
	TaxClass    string
}

// Charge is a charge as it is applied: negative for a discount.
type Charge struct {
	Type                  ChargeType
	Description, TaxClass string
	Amount                money.Minor
}

const (
	defaultTaxClass = "standard"
	percentPlaces   = 4
)

// charge applies the charges and spreads each over the lines: by largest remainder of their net amounts, over all lines
// alike when these are zero, so that the parts add up to it exactly.
func (p *Priced) charge(asked []AskCharge, wrong *faults) {
	p.Total = p.NetTotal
	if len(asked) == 0 {
		return
	}
	nets := make([]int64, len(p.Lines))
	for i := range p.Lines {
		nets[i] = p.Lines[i].Net
	}
	var discounts money.Minor
	for i := range asked {
		one, field, message := p.apply(&asked[i])
		if message != "" {
			wrong.add(fmt.Sprintf("charges[%d].%s", i, field), ReasonChargeInvalid, message)
			continue
		}
		total, err := money.Add(p.Total, one.Amount)
		if one.Type == Discount && err == nil {
			discounts, err = money.Add(discounts, one.Amount)
		}
		if err != nil {
			wrong.add("charges", ReasonAmountTooLarge, "the sum of the charges is too large")
			return
		}
		p.Total = total
		p.Charges = append(p.Charges, one)
		for at, part := range money.Allocate(one.Amount, nets) {
			p.Lines[at].Charges = append(p.Lines[at].Charges, part)
		}
	}
	if -discounts > p.NetTotal {
		wrong.add("charges", ReasonDiscountTooLarge, "the discounts are more than the lines")
	}
}

// apply is one charge, or which of its fields is wrong and how.
func (p *Priced) apply(asked *AskCharge) (one Charge, field, message string) {
	one = Charge{Type: asked.Type, Description: asked.Description, TaxClass: asked.TaxClass, Amount: asked.Amount}
	if one.Description == "" {
		one.Description = map[ChargeType]string{Discount: "Discount", Freight: "Freight", Fee: "Fee"}[one.Type]
	}
	switch {
	case one.Type == Discount && one.TaxClass != "":
		return one, "tax_class", "a discount has the tax class of each line"
	case one.Type != Discount && one.TaxClass == "":
		one.TaxClass = defaultTaxClass
	}
	switch {
	case asked.Percent != "" && one.Type != Discount:
		return one, "percent", "only a discount is a percentage"
	case asked.Percent != "":
		share, err := decimal.Parse(asked.Percent, percentPlaces)
		if err != nil || share < 0 || share > 100*decimal.Pow10[percentPlaces] {
			return one, "percent", "a percentage is a decimal number from 0 to 100 of at most four places"
		}
		// A ten-thousandth of a percent is a millionth.
		one.Amount, err = money.Tax(p.NetTotal, money.Rate(share), p.Rounding)
		if err != nil {
			return one, "percent", "the amount is too large"
		}
	case asked.Currency != p.Currency:
		return one, "amount.currency_code", "the order is in " + p.Currency
	case asked.Amount < 0:
		return one, "amount.minor_units", "an amount is not below zero"
	}
	if one.Type == Discount {
		one.Amount = -one.Amount
	}
	return one, "", ""
}
