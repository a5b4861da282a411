package money

import (
	"math/big"
	"slices"
)

// Allocate splits total into one part per weight by the largest remainder, so that the parts add up to total exactly: a
// header discount over lines, or the residual of a rounded sum. Between equal remainders the earlier one wins, so the
// same input always gives the same parts. A weight below zero counts as zero; when no weight is positive all count the
// same. Without weights there are no parts, whatever the total.
func Allocate(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	if len(weights) == 0 {
		return parts
	}
	var sum big.Int
	positive := make([]int64, len(weights))
	for i, weight := range weights {
		positive[i] = max(weight, 0)
		sum.Add(&sum, big.NewInt(positive[i]))
	}
	if sum.Sign() == 0 {
		for i := range positive {
			positive[i] = 1
		}
		sum.SetInt64(int64(len(weights)))
	}

	// Truncated shares first; what is missing is less than one unit per part and goes to the largest remainders.
	missing := total
	rests := make([]*big.Int, len(weights))
	order := make([]int, len(weights))
	for i, weight := range positive {
		var share big.Int
		rests[i], order[i] = new(big.Int), i
		share.Mul(big.NewInt(total), big.NewInt(weight))
		share.QuoRem(&share, &sum, rests[i])
		parts[i] = share.Int64() // |share| ≤ |total|
		missing -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].CmpAbs(rests[a]) })
	unit := int64(1)
	if missing < 0 {
		unit = -1
	}
	for i := 0; missing != 0; i++ {
		parts[order[i]] += unit
		missing -= unit
	}
	return parts
}

// Prorate is the part of total that is due once done of whole units are delivered, truncated to a whole unit. Each
// delivery takes Prorate(after) − Prorate(before), so the last one takes the residual and the parts add up to total.
// Done is cut to the range 0 to whole; when whole is zero or less everything is due at once.
func Prorate(total, done, whole int64) int64 {
	if whole <= 0 || done >= whole {
		return total
	}
	var due big.Int
	due.Mul(big.NewInt(total), big.NewInt(max(done, 0)))
	return due.Quo(&due, big.NewInt(whole)).Int64()
}
