package domain

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFreightIsChosen(t *testing.T) {
	slow := FreightOption{Carrier: "MAIL", CostMinor: 300, ArrivesOn: "2026-03-05"}
	fast := FreightOption{Carrier: "VAN", CostMinor: 900, ArrivesOn: "2026-03-02"}
	dear := FreightOption{Carrier: "JET", CostMinor: 1200, ArrivesOn: "2026-03-02"}
	all := []FreightOption{dear, slow, fast}
	for by, want := range map[string]FreightChoice{
		"":           {FreightOption: slow, Options: 3},
		"2026-03-05": {FreightOption: slow, Options: 3},
		"2026-03-04": {FreightOption: fast, Options: 3},
		"2026-03-01": {FreightOption: fast, Options: 3, Late: true},
	} {
		if got := ChooseFreight(all, by); got != want {
			t.Errorf("by %q: %+v, want %+v", by, got, want)
		}
	}
	if got := ChooseFreight(nil, ""); got.Missing != ReasonNoOption {
		t.Errorf("of nothing: %+v", got)
	}
}

// The choice is one of the options, in whatever order they come, and none that arrives in time is cheaper.
func TestFreightIsChosenTheSameInAnyOrder(t *testing.T) {
	day := rapid.SampledFrom([]string{"2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"})
	option := rapid.Custom(func(t *rapid.T) FreightOption {
		return FreightOption{
			Carrier: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "carrier"), Service: rapid.SampledFrom([]string{"X", "Y"}).Draw(t, "service"),
			CostMinor: int64(rapid.IntRange(1, 3).Draw(t, "cost")), ArrivesOn: day.Draw(t, "day"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		options := rapid.SliceOfN(option, 1, 6).Draw(t, "options")
		by := rapid.OneOf(rapid.Just(""), day).Draw(t, "by")
		best := ChooseFreight(options, by)
		if again := ChooseFreight(rapid.Permutation(options).Draw(t, "other"), by); again != best {
			t.Fatalf("%+v in another order, %+v before", again, best)
		}
		if !slices.Contains(options, best.FreightOption) {
			t.Fatalf("%+v is none of them", best)
		}
		for _, other := range options {
			inTime := by == "" || other.ArrivesOn <= by
			if inTime && (best.Late || other.CostMinor < best.CostMinor) || !inTime && best.Late && other.ArrivesOn < best.ArrivesOn {
				t.Fatalf("%+v was chosen before %+v", best, other)
			}
		}
	})
}
