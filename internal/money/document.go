package money

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/waybill-dev/waybill/internal/decimal"
)

// TaxLevel says where a document is rounded.
type TaxLevel string

const (
	// PerLine rounds each line's net amount and its tax; the total is the sum of rounded lines. The default.
	PerLine TaxLevel = "PER_LINE"
	// PerDocument rounds the exact sums of net amounts and of taxes per rate, and spreads the residual over the lines
	// by the largest remainder, so that the printed lines still add up.
	PerDocument TaxLevel = "PER_DOCUMENT"
)

// Line is what a document's line is computed from: price × quantity, less the discount, plus tax on what remains.
type Line struct {
	Price    Price
	Quantity int64 // base units × 10^Scale
	Scale    int
	Discount Rate // 0.04 takes 4 % off
	Tax      Rate // 0.22 adds 22 %
}

// Amounts are what a line or a document says in minor units. Gross is Net + Tax.
type Amounts struct{ Net, Tax, Gross Minor }

// Total computes a document: the amounts of each line, in order, and their sums, which always agree.
// Errors: ErrCurrency, ErrRounding, ErrScale, ErrOverflow.
func Total(lines []Line, currency string, mode Rounding, level TaxLevel) ([]Amounts, Amounts, error) {
	places, err := Places(currency)
	if err != nil {
		return nil, Amounts{}, err
	}
	if mode != HalfUp && mode != HalfEven {
		return nil, Amounts{}, fmt.Errorf("%w: %q", ErrRounding, mode)
	}
	for _, line := range lines {
		if line.Scale < 0 || line.Scale > microPlaces {
			return nil, Amounts{}, fmt.Errorf("%w: %d", ErrScale, line.Scale)
		}
	}
	var amounts []Amounts
	switch level {
	case PerLine:
		amounts, err = perLine(lines, places, mode)
	case PerDocument:
		amounts, err = perDocument(lines, places, mode)
	default:
		err = fmt.Errorf("%w: tax level %q", ErrRounding, level)
	}
	if err != nil {
		return nil, Amounts{}, err
	}
	var total Amounts
	for i := range amounts {
		line := &amounts[i]
		if line.Gross, err = Add(line.Net, line.Tax); err != nil {
			return nil, Amounts{}, err
		}
		if total, err = total.plus(*line); err != nil {
			return nil, Amounts{}, err
		}
	}
	return amounts, total, nil
}

func (a Amounts) plus(b Amounts) (sum Amounts, err error) {
	if sum.Net, err = Add(a.Net, b.Net); err != nil {
		return Amounts{}, err
	}
	if sum.Tax, err = Add(a.Tax, b.Tax); err != nil {
		return Amounts{}, err
	}
	sum.Gross, err = Add(sum.Net, sum.Tax)
	return sum, err
}

func perLine(lines []Line, places int, mode Rounding) ([]Amounts, error) {
	amounts := make([]Amounts, len(lines))
	for i, line := range lines {
		var err error
		if amounts[i].Net, err = round(exactNet(line), netPlaces-places, mode); err != nil {
			return nil, err
		}
		if amounts[i].Tax, err = Tax(amounts[i].Net, line.Tax, mode); err != nil {
			return nil, err
		}
	}
	return amounts, nil
}

func perDocument(lines []Line, places int, mode Rounding) ([]Amounts, error) {
	amounts := make([]Amounts, len(lines))
	nets, taxes := make([]*big.Int, len(lines)), make([]*big.Int, len(lines))
	all, byRate := make([]int, len(lines)), map[Rate][]int{}
	for i, line := range lines {
		nets[i] = exactNet(line)
		taxes[i] = new(big.Int).Mul(nets[i], big.NewInt(int64(line.Tax)))
		all[i] = i
		byRate[line.Tax] = append(byRate[line.Tax], i)
	}
	spread := func(exact []*big.Int, group []int, excess int, set func(i int, part int64)) error {
		parts, err := roundSum(exact, group, excess, mode)
		if err != nil {
			return err
		}
		for at, i := range group {
			set(i, parts[at])
		}
		return nil
	}
	err := spread(nets, all, netPlaces-places, func(i int, part int64) { amounts[i].Net = part })
	for _, group := range byRate {
		if err == nil {
			err = spread(taxes, group, netPlaces+microPlaces-places, func(i int, part int64) { amounts[i].Tax = part })
		}
	}
	return amounts, err
}

// netPlaces is the number of places of an exact net amount: price 6, quantity at most 6, discount 6.
const netPlaces = 3 * microPlaces

// exactNet is price × quantity × (1 − discount) in units of 10^-netPlaces.
func exactNet(line Line) *big.Int {
	net := new(big.Int).Mul(big.NewInt(int64(line.Price)), big.NewInt(line.Quantity))
	net.Mul(net, new(big.Int).Sub(big.NewInt(decimal.Pow10[microPlaces]), big.NewInt(int64(line.Discount))))
	return net.Mul(net, big.NewInt(decimal.Pow10[microPlaces-line.Scale]))
}

// roundSum rounds the sum of some exact amounts, with excess places to lose, and splits it: each amount rounded down,
// and the units that are then missing given to those that lost most.
func roundSum(exact []*big.Int, group []int, excess int, mode Rounding) ([]int64, error) {
	var sum big.Int
	unit := pow10(excess)
	parts, lost, order := make([]int64, len(group)), make([]big.Int, len(group)), make([]int, len(group))
	var floors int64
	for at, i := range group {
		order[at] = at
		sum.Add(&sum, exact[i])
		var floor big.Int
		floor.DivMod(exact[i], unit, &lost[at]) // Euclidean: rounded down, and 0 ≤ lost < unit
		if !floor.IsInt64() {
			return nil, ErrOverflow
		}
		parts[at] = floor.Int64()
		var err error
		if floors, err = Add(floors, parts[at]); err != nil {
			return nil, err
		}
	}
	total, err := round(&sum, excess, mode)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(order, func(a, b int) int { return lost[b].Cmp(&lost[a]) })
	// The sum of what was lost is less than one unit per part, so 0 ≤ total − floors ≤ len(group).
	for _, at := range order[:total-floors] {
		parts[at]++
	}
	return parts, nil
}

// round takes excess decimal places off an exact amount.
func round(exact *big.Int, excess int, mode Rounding) (int64, error) {
	return divide(exact, pow10(excess), mode)
}

// divide is round(dividend ÷ divisor) for a positive divisor.
func divide(dividend, divisor *big.Int, mode Rounding) (int64, error) {
	if mode != HalfUp && mode != HalfEven {
		return 0, fmt.Errorf("%w: %q", ErrRounding, mode)
	}
	var quotient, rest big.Int
	quotient.QuoRem(dividend, divisor, &rest)
	rest.Abs(rest.Lsh(&rest, 1))
	if order := rest.Cmp(divisor); order > 0 || (order == 0 && (mode == HalfUp || quotient.Bit(0) == 1)) {
		quotient.Add(&quotient, big.NewInt(int64(dividend.Sign())))
	}
	if !quotient.IsInt64() {
		return 0, ErrOverflow
	}
	return quotient.Int64(), nil
}

func pow10(places int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
}
