package audit

import "testing"

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
