package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func TestALatePlanChangesNothing(t *testing.T) {
	stored := domain.Plan{Quantity: 5, ExpectedAt: now, Version: 7}
	for name, test := range map[string]struct{ comes, want domain.Plan }{
		"newer":             {domain.Plan{Quantity: 3, Version: 8}, domain.Plan{Quantity: 3, Version: 8}},
		"late":              {domain.Plan{Quantity: 3, Version: 6}, stored},
		"a repeat":          {stored, stored},
		"without a version": {domain.Plan{Quantity: 3}, domain.Plan{Quantity: 3, Version: 7}},
		"taken back":        {domain.Plan{Version: 9}, domain.Plan{Version: 9}},
	} {
		if got := test.comes.After(stored); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// However often and in whatever order the states of a plan come, the newest is what is planned.
func TestTheNewestPlanCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := make([]domain.Plan, rapid.IntRange(1, 5).Draw(t, "states"))
		for i := range states {
			states[i] = domain.Plan{Quantity: int64(i % 2), ExpectedAt: now.Add(time.Duration(i) * time.Hour), Version: int64(i + 1)}
		}
		var stored domain.Plan
		for _, comes := range append(rapid.Permutation(states).Draw(t, "order"), rapid.SliceOf(rapid.SampledFrom(states)).Draw(t, "repeats")...) {
			stored = comes.After(stored)
		}
		if newest := states[len(states)-1]; stored != newest {
			t.Fatalf("%+v is planned, want %+v", stored, newest)
		}
	})
}
