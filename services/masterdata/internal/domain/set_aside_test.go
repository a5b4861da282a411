package domain_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

var (
	patience = domain.Patience{Tries: 3, First: time.Minute, Longest: 3 * time.Minute}
	told     = domain.Told{Kind: domain.MasterPrice, Key: "BASE|GBP|a", Content: []byte("1")}
	newer    = domain.Told{Kind: domain.MasterPrice, Key: "BASE|GBP|a", Content: []byte("2")}
	passing  = domain.Refusal{Reason: "UNKNOWN_ITEM", MayPass: true, WaitsFor: "ITEM/a"}
	lasting  = domain.Refusal{Reason: "PRICE_INVALID"}
)

// An entry's way, step by step: what comes, what comes of it, and how often it was told.
func TestAnEntrysWay(t *testing.T) {
	type step struct {
		told      domain.Told
		why       domain.Refusal
		again     bool
		changed   bool
		state     domain.SetAsideState
		tries     int64
		wait      time.Duration
		announced int64
	}
	for name, steps := range map[string][]step{
		"patience ends": {
			{told, passing, false, true, domain.Waiting, 1, time.Minute, 0}, {told, passing, true, true, domain.Waiting, 2, 2 * time.Minute, 0},
			{told, passing, true, true, domain.Waiting, 3, 3 * time.Minute, 0}, {told, passing, true, true, domain.Stuck, 4, 0, 1},
			{told, passing, true, true, domain.Stuck, 5, 0, 1}, // what it waits for came, and did not help: nobody is told again
		},
		"nothing can mend it": {{told, lasting, false, true, domain.Stuck, 1, 0, 1}, {told, lasting, true, true, domain.Stuck, 2, 0, 1}},
		"a page comes twice": {
			{told, passing, false, true, domain.Waiting, 1, time.Minute, 0}, {told, passing, false, false, domain.Waiting, 1, time.Minute, 0},
		},
		"a newer state begins anew, and is told again": {
			{told, lasting, false, true, domain.Stuck, 1, 0, 1}, {newer, lasting, false, true, domain.Stuck, 1, 0, 2},
			{told, passing, false, true, domain.Waiting, 1, time.Minute, 2}, {told, lasting, true, true, domain.Stuck, 2, 0, 3},
		},
		"another reason": {{told, passing, false, true, domain.Waiting, 1, time.Minute, 0}, {told, lasting, false, true, domain.Stuck, 1, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var last *domain.SetAside
			for n, one := range steps {
				at := now.Add(time.Duration(n) * time.Hour)
				aside, changed := patience.Refuse(last, one.told, one.why, one.again, at)
				wait := time.Duration(0)
				if !aside.NextTryAt.IsZero() {
					wait = aside.NextTryAt.Sub(at)
				}
				if !changed {
					wait = one.wait
				}
				if changed != one.changed || aside.State != one.state || aside.Tries != one.tries || wait != one.wait || aside.Announced != one.announced {
					t.Errorf("step %d: changed %t, %s, %d tries, again in %s, told %d times; want %+v", n, changed, aside.State, aside.Tries, wait, aside.Announced, one)
				}
				if last != nil && (aside.EntryID != last.EntryID || !aside.Since.Equal(last.Since)) {
					t.Errorf("step %d: it became another entry", n)
				}
				last = &aside
			}
		})
	}
	first, _ := patience.Refuse(nil, told, passing, false, now)
	later, _ := patience.Refuse(nil, told, passing, false, now.Add(time.Microsecond))
	if first.EntryID == later.EntryID {
		t.Error("an entry that was settled and comes again is told as the old one")
	}
	many, _ := patience.Refuse(nil, told, domain.Refusal{Reason: "X", Faults: make([]fault.Field, 100)}, false, now)
	if len(many.Faults) != domain.MaxFaults {
		t.Errorf("%d faults are kept", len(many.Faults))
	}
}

func TestReadableKey(t *testing.T) {
	for _, key := range []string{"a", "BASE|GBP|a|2.5|2026-01-01", "Größe 7", strings.Repeat("x", 400)} {
		if got := domain.ReadableKey(key); got != key {
			t.Errorf("%q became %q", key, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringN(0, -1, 900).Draw(t, "a"), rapid.StringN(0, -1, 900).Draw(t, "b")
		a += rapid.SampledFrom([]string{"", "\x00", "\xff", "\n"}).Draw(t, "end")
		got := domain.ReadableKey(a)
		if got == "" || len(got) > 400 || strings.ContainsAny(got, "\x00\n") || strings.ToValidUTF8(got, "") != got {
			t.Fatalf("%q became %q", a, got)
		}
		if a != b && got == domain.ReadableKey(b) {
			t.Fatalf("%q and %q are one", a, b)
		}
	})
}

func TestFeedRefusesAndTakes(t *testing.T) {
	feed := domain.Feed{Cursor: "7", Generation: 1, Behind: true, Problem: "old", ProblemSince: now}
	for reason, page := range map[string]domain.FeedPage{
		"":                               {Entries: 2, NextCursor: "7"},
		domain.ReasonPageTooLarge:        {Entries: 3, NextCursor: "9"},
		domain.ReasonCursorMissing:       {},
		domain.ReasonCursorTooLong:       {NextCursor: strings.Repeat("x", domain.MaxCursor+1)},
		domain.ReasonCursorStands:        {NextCursor: "7", More: true},
		domain.ReasonCursorMissing + " ": {More: true},
	} {
		if got := fault.ReasonOf(feed.Refuse(page, 2)); got != strings.TrimSpace(reason) {
			t.Errorf("%+v: %q, want %q", page, got, reason)
		}
	}
	later := now.Add(time.Minute)
	more := feed.Took(domain.FeedPage{NextCursor: "8", More: true, AsOf: later}, 3, now, later)
	if more.Cursor != "8" || !more.Behind || !more.AsOf.IsZero() || !more.CurrentAt.IsZero() || more.Taken != 3 || more.Problem != "" || !more.ProblemSince.IsZero() {
		t.Errorf("with more to come: %+v", more)
	}
	end := more.Took(domain.FeedPage{NextCursor: "8", AsOf: later, Odd: "odd"}, 1, now, later)
	if end.Behind || !end.AsOf.Equal(later) || !end.CurrentAt.Equal(now) || end.Taken != 4 || end.Problem != "odd" || !end.ProblemSince.Equal(later) {
		t.Errorf("at the end: %+v", end)
	}
	if again := end.Failed("away", later.Add(time.Hour)); !again.ProblemSince.Equal(later) || again.Problem != "away" {
		t.Errorf("failed: %+v", again)
	}
	if anew := end.Reloaded(); anew.Cursor != "" || !anew.Behind || anew.Generation != 2 || anew.Place() == end.Place() {
		t.Errorf("anew: %+v", anew)
	}
}
