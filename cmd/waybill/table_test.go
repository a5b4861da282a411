package main

import (
	"errors"
	"strings"
	"testing"
)

// A list without rows has its heading, a failure has none, and what came before a failure is shown.
func TestTables(t *testing.T) {
	away := errors.New("away")
	for name, c := range map[string]struct {
		rows   int
		failed error
		want   string
	}{
		"rows":            {2, nil, "NO  WHAT\n0   a thing\n1   a thing\n"},
		"nothing":         {0, nil, "NO  WHAT\n"},
		"a failure":       {0, away, ""},
		"rows, a failure": {1, away, "NO  WHAT\n0   a thing\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			shown := newTable(&out, "NO\tWHAT")
			for number := range c.rows {
				shown.row(number, "a thing")
			}
			if err := shown.end(c.failed); !errors.Is(err, c.failed) || out.String() != c.want {
				t.Errorf("%v, %q", err, out.String())
			}
		})
	}
}

func TestSpans(t *testing.T) {
	for text, good := range map[string]bool{"2h": true, "1ns": true, "0s": false, "-2h": false, "2": false, "": false} {
		var s span
		if err := s.UnmarshalText([]byte(text)); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
