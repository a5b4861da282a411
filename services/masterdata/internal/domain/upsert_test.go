package domain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// complaints are the fields of a refusal as "path REASON".
func complaints(fields []fault.Field) []string {
	var found []string
	for _, field := range fields {
		found = append(found, field.Path+" "+field.Reason)
	}
	return found
}

func refusalOf(t *testing.T, err error) *fault.Error {
	t.Helper()
	refused, ok := fault.As(err)
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refused
}

func TestDecideNamesEveryEntryAtFault(t *testing.T) {
	stored := map[string]domain.Node{"A": {NodeID: "A", Version: domain.Version{Number: 3}}}
	before := []fault.Field{{Path: "nodes[4].time_zone", Reason: "TIME_ZONE_UNKNOWN"}}
	_, err := domain.Decide(stored, []domain.Node{
		{NodeID: "A", Name: "new", Version: domain.Version{Number: 2}},
		{NodeID: "B", Version: domain.Version{Number: 1}},
		{NodeID: "C", Holidays: []string{"2026-02-30"}},
		{NodeID: "C"},
		{NodeID: "D"},
	}, "nodes", before, now)
	refused := refusalOf(t, err)
	want := []string{
		"nodes[0].version VERSION_MISMATCH", "nodes[1].version VERSION_MISMATCH", "nodes[2].holidays[0] DATE_INVALID",
		"nodes[3] DUPLICATE_KEY", "nodes[4].time_zone TIME_ZONE_UNKNOWN",
	}
	if diff := cmp.Diff(want, complaints(refused.Fields)); diff != "" {
		t.Error(diff)
	}
	if refused.Kind != fault.Invalid || refused.Reason == "VERSION_MISMATCH" {
		t.Errorf("%v %s: a call with a wrong field is no conflict", refused.Kind, refused.Reason)
	}
}

func TestDecideComparesVersions(t *testing.T) {
	stored := map[string]domain.Node{"A": {NodeID: "A", Name: "old", Version: domain.Version{Number: 3}}}
	for _, test := range []struct {
		name     string
		seen     int64
		conflict bool
		version  int64
	}{
		{"new", 0, false, 4}, {"new", 3, false, 4}, {"new", 2, true, 0}, {"new", 4, true, 0},
		{"old", 2, false, 3}, // the repeat of a call that was not answered
	} {
		plan, err := domain.Decide(stored, []domain.Node{{NodeID: "A", Name: test.name, Version: domain.Version{Number: test.seen}}}, "nodes", nil, now)
		if test.conflict {
			if refused := refusalOf(t, err); refused.Kind != fault.Conflict || refused.Reason != "VERSION_MISMATCH" {
				t.Errorf("%s on %d: %v", test.name, test.seen, err)
			}
			continue
		}
		if err != nil || plan.Result[0].Version.Number != test.version {
			t.Errorf("%s on %d: %+v, %v", test.name, test.seen, plan.Result, err)
		}
	}
}

// Whatever comes in whatever order: an upsert of what is stored changes nothing, and a change counts one further.
func TestARepeatChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "x", "y"})
		set := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) domain.Item {
			units := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) domain.Unit {
				return domain.Unit{
					Unit: rapid.SampledFrom([]string{"CS", "PL"}).Draw(t, "unit"), Numerator: rapid.Int64Range(1, 9).Draw(t, "n"), Denominator: 1,
					EffectiveFrom: rapid.SampledFrom([]string{"", "2026-01-01", "2027-01-01"}).Draw(t, "from"),
				}
			}), 0, 4, func(u domain.Unit) string { return u.Unit + u.EffectiveFrom }).Draw(t, "units")
			return domain.Item{
				SKU: rapid.StringMatching(`[a-cA-C]{1,2}`).Draw(t, "sku"), Kind: domain.Goods, BaseUnit: "EA",
				Description: text.Draw(t, "description"), TaxClass: text.Draw(t, "class"), Units: units,
			}
		}), 1, 4, domain.Item.Key).Draw(t, "set")
		first, err := domain.Decide(map[string]domain.Item{}, set, "items", nil, now)
		if err != nil {
			t.Fatal(err)
		}
		stored := map[string]domain.Item{}
		for _, item := range first.Result {
			stored[item.Key()] = item
		}
		slices.Reverse(set)
		for i := range set {
			set[i].SKU = strings.ToUpper(set[i].SKU)
			slices.Reverse(set[i].Units)
		}
		again, err := domain.Decide(stored, set, "items", nil, now)
		if err != nil || len(again.Changed) != 0 {
			t.Fatalf("the same once more changes %v, %v", again.Changed, err)
		}
		set[0].Description += "!"
		changed, err := domain.Decide(stored, set, "items", nil, now)
		if err != nil || len(changed.Changed) != 1 || changed.Changed[0].Version.Number != 2 || changed.Changed[0].SKU != stored[set[0].Key()].SKU {
			t.Fatalf("a change: %+v, %v", changed.Changed, err)
		}
	})
}
