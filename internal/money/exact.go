package money

import (
	"fmt"
	"math/big"
	"slices"
)

// ExactPer is what ExtendPer is before it is rounded: price × quantity × den ÷ num in minor units.
func ExactPer(price Price, num, den, baseQty int64, scale int, currency string) (*big.Rat, error) {
	if num <= 0 || den <= 0 {
		return nil, ErrRatio
	}
	places, err := Places(currency)
	if err != nil {
		return nil, err
	}
	if scale < 0 || scale > microPlaces {
		return nil, fmt.Errorf("%w: %d", ErrScale, scale)
	}
	product := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(baseQty))
	product.Mul(product, big.NewInt(den))
	return new(big.Rat).SetFrac(product, new(big.Int).Mul(pow10(microPlaces+scale-places), big.NewInt(num))), nil
}

// RoundExact rounds an exact amount to a whole number of minor units.
func RoundExact(exact *big.Rat, mode Rounding) (Minor, error) {
	return divide(exact.Num(), exact.Denom(), mode)
}

// TaxExact is the tax on an exact amount, not rounded.
func TaxExact(amount *big.Rat, rate Rate) *big.Rat {
	return new(big.Rat).Mul(amount, big.NewRat(int64(rate), 1_000_000))
}

// Spread splits a rounded total over the exact amounts that it is the sum of: each is rounded down, and what is then
// missing goes, a unit each, to those that lost most; between equal ones the earlier wins. Where the parts rounded down
// are more than the total, those that lost least give a unit, and none falls below zero for it while another can give.
// The parts add up to total whatever it is.
func Spread(total Minor, exact []*big.Rat) ([]Minor, error) {
	parts, lost, order := make([]Minor, len(exact)), make([]*big.Rat, len(exact)), make([]int, len(exact))
	missing := total
	for i, amount := range exact {
		var floor, rest big.Int
		floor.DivMod(amount.Num(), amount.Denom(), &rest)
		if !floor.IsInt64() {
			return nil, ErrOverflow
		}
		parts[i], order[i] = floor.Int64(), i
		lost[i] = new(big.Rat).SetFrac(&rest, amount.Denom())
		var err error
		if missing, err = Add(missing, -parts[i]); err != nil {
			return nil, err
		}
	}
	if len(parts) == 0 {
		return parts, nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return lost[b].Cmp(lost[a]) })
	if missing > 0 {
		each, rest := missing/int64(len(parts)), missing%int64(len(parts))
		for at, i := range order {
			parts[i] += each
			if int64(at) < rest {
				parts[i]++
			}
		}
		return parts, nil
	}
	for gave := true; missing < 0 && gave; {
		gave = false
		for at := len(order) - 1; at >= 0 && missing < 0; at-- {
			if i := order[at]; parts[i] > 0 {
				parts[i]--
				missing++
				gave = true
			}
		}
	}
	parts[order[0]] += missing
	return parts, nil
}

// Share is round(total × part ÷ whole): what of an amount falls to a part of a whole. Whole is positive, else ErrRatio.
func Share(total, part, whole int64, mode Rounding) (int64, error) {
	if whole <= 0 {
		return 0, ErrRatio
	}
	return divide(new(big.Int).Mul(big.NewInt(total), big.NewInt(part)), big.NewInt(whole), mode)
}
