package database_test

import (
	"math"
	"testing"

	"github.com/waybill-dev/waybill/internal/database"
)

func TestStorable(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"closed", 6, "closed"},
		{"closed", 3, "clo"},
		{"a\x00b\xffc", math.MaxInt, "abc"},
		{"no\u00ebl", 3, "no"}, // not half of a character
		{"\x00", 1, ""},
	} {
		if got := database.Storable(test.text, test.most); got != test.want {
			t.Errorf("Storable(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}
