package money_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/money"
)

func TestAllocate(t *testing.T) {
	tests := []struct {
		total         int64
		weights, want []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{101, []int64{1, 1, 1}, []int64{34, 34, 33}},
		{10, []int64{3, 3, 4}, []int64{3, 3, 4}},
		{5, []int64{0, 7, 0}, []int64{0, 5, 0}},
		{5, []int64{0, 0}, []int64{3, 2}},
		{7, []int64{-3, 1}, []int64{0, 7}},
		{1, []int64{1, 2, 1}, []int64{0, 1, 0}},
		{0, []int64{1, 2}, []int64{0, 0}},
		{9, nil, []int64{}},
		{math.MaxInt64, []int64{math.MaxInt64, math.MaxInt64, 1}, []int64{math.MaxInt64 / 2, math.MaxInt64 / 2, 1}},
		{math.MinInt64, []int64{1}, []int64{math.MinInt64}},
	}
	for _, test := range tests {
		if got := money.Allocate(test.total, test.weights); !slices.Equal(got, test.want) {
			t.Errorf("Allocate(%d, %v) = %v, want %v", test.total, test.weights, got, test.want)
		}
	}
}

// The parts add up, and none is a whole unit away from its exact share.
func TestAllocateIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64().Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 10).Draw(t, "weights")
		weights[0] = max(weights[0], 1)
		sumWeights, sumParts := new(big.Int), new(big.Int)
		parts := money.Allocate(total, weights)
		for i := range parts {
			sumWeights.Add(sumWeights, big.NewInt(weights[i]))
			sumParts.Add(sumParts, big.NewInt(parts[i]))
		}
		if sumParts.Cmp(big.NewInt(total)) != 0 {
			t.Fatalf("parts %v sum to %v, want %d", parts, sumParts, total)
		}
		for i := range parts {
			exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i])), sumWeights)
			exact.Sub(exact, new(big.Rat).SetInt64(parts[i]))
			if exact.Abs(exact).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("part %d of %v is a unit or more off its share", i, parts)
			}
		}
	})
}

func TestProrate(t *testing.T) {
	tests := []struct{ total, done, whole, want int64 }{
		{100, 0, 3, 0}, {100, 1, 3, 33}, {100, 2, 3, 66}, {100, 3, 3, 100}, {100, 9, 3, 100}, {100, -1, 3, 0},
		{-100, 1, 3, -33}, {100, 0, 0, 100}, {math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64, math.MaxInt64 - 1},
	}
	for _, test := range tests {
		if got := money.Prorate(test.total, test.done, test.whole); got != test.want {
			t.Errorf("Prorate(%d, %d, %d) = %d, want %d", test.total, test.done, test.whole, got, test.want)
		}
	}
}
