package domain

import (
	"slices"
	"strings"
	"testing"
	"time"

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

// A warehouse is told of the way that was chosen for the order's address, and of the day while the goods can leave in time for it.
func TestWhatAWarehouseIsToldOfTheFreight(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	chosen := FreightChoice{
		FreightOption: FreightOption{Carrier: "DPD", Service: "NEXT_DAY", ArrivesOn: "2026-03-02"}, LeavesOn: "2026-03-01", At: noon,
	}
	with := func(change func(*FreightChoice)) FreightChoice {
		other := chosen
		change(&other)
		return other
	}
	whole := Shipping{Carrier: "DPD", Service: "NEXT_DAY", ArrivesOn: "2026-03-02"}
	for name, test := range map[string]struct {
		freight FreightChoice
		place   int
		now     time.Time
		want    Shipping
	}{
		"on the day":           {chosen, 0, noon, whole},
		"before it":            {chosen, 0, noon.AddDate(0, 0, -3), whole},
		"elsewhere on the day": {chosen, 0, time.Date(2026, 3, 2, 1, 0, 0, 0, time.FixedZone("CET", 7200)), whole},
		"a day late":           {chosen, 0, noon.AddDate(0, 0, 1), Shipping{Carrier: "DPD", Service: "NEXT_DAY"}},
		"to a place of a line": {chosen, 1, noon, Shipping{}},
		"never asked":          {FreightChoice{}, 0, noon, Shipping{}},
		"no answer":            {FreightChoice{At: noon, Missing: "DEADLINE"}, 0, noon, Shipping{}},
		"of before the day was kept": {
			with(func(f *FreightChoice) { f.LeavesOn = "" }), 0, noon, Shipping{Carrier: "DPD", Service: "NEXT_DAY"},
		},
		"a carrier that is no code": {with(func(f *FreightChoice) { f.Carrier = strings.Repeat("é", 33) }), 0, noon, Shipping{}},
		"a day that is none": {
			with(func(f *FreightChoice) { f.ArrivesOn = "soon" }), 0, noon, Shipping{Carrier: "DPD", Service: "NEXT_DAY"},
		},
	} {
		o := &Order{Progress: Progress{Freight: test.freight}}
		if got := o.Shipping(test.place, test.now); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestWhichWaysCanBeChosen(t *testing.T) {
	long := strings.Repeat("é", maxFreightName)
	for option, want := range map[FreightOption]bool{
		{Carrier: "DPD", ArrivesOn: "2026-03-02"}:                      true,
		{Carrier: long, Service: long, ArrivesOn: "2026-03-02"}:        true,
		{Carrier: long + "x", ArrivesOn: "2026-03-02"}:                 false,
		{Carrier: "DPD", Service: long + "x", ArrivesOn: "2026-03-02"}: false,
		{ArrivesOn: "2026-03-02"}:                                      false,
		{Carrier: "DPD"}:                                               false,
		{Carrier: "DPD", ArrivesOn: "2026-02-30"}:                      false,
	} {
		if got := option.Usable(); got != want {
			t.Errorf("%+v: %v", option, got)
		}
	}
}
