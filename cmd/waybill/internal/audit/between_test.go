package audit

import (
	"testing"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
)

// A rule that does not say how much it looked at may have looked at nothing.
func TestEveryRuleIsCounted(t *testing.T) {
	for _, role := range mesh.Checks() {
		for _, check := range role.Checks {
			if check.Examined == nil {
				t.Errorf("%s does not count what it examined", check.Name)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	found := compare("x", "a = b", map[string]int64{"same": 1, "more": 2, "left": 3, "zero": 0}, map[string]int64{"same": 1, "more": 1, "right": 4})
	var got []string
	for _, b := range found.breaks {
		got = append(got, b.Entity+" "+b.Left+" "+b.Right)
	}
	want := []string{"left 3 0", "more 2 1", "right 0 4"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("breaks %v, want %v", got, want)
	}
}

func TestPricedAsAccepted(t *testing.T) {
	f := facts{
		accepted: map[string][]byte{"same": {1}, "other": {2}, "missing": {3}},
		priced:   map[string][]byte{"same": {1}, "other": {9}, "not accepted": {4}},
	}
	found := f.pricedAsAccepted()
	if len(found.breaks) != 2 || found.breaks[0].Entity != "missing" || found.breaks[1].Entity != "other" {
		t.Errorf("breaks %v", found.breaks)
	}
}
