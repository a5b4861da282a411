package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/reconcile"
)

// figures is a Source of figures in memory, by name, in pages of so many subjects.
type figures struct {
	entries map[string][]reconcile.Entry
	page    int
	fail    string
}

func (f figures) Figure(_ context.Context, side reconcile.Side, after string) (reconcile.Page, error) {
	if side.Figure == f.fail {
		return reconcile.Page{}, errors.New("away")
	}
	var page reconcile.Page
	subjects := 0
	for i, entry := range f.entries[side.Figure] {
		if entry.Subject <= after {
			continue
		}
		if i == 0 || f.entries[side.Figure][i-1].Subject != entry.Subject {
			if subjects++; subjects > f.page {
				return page, nil
			}
		}
		page.Entries, page.Next = append(page.Entries, entry), entry.Subject
	}
	return page, nil
}

func entry(subject string, line int32, value string) reconcile.Entry {
	return reconcile.Entry{Key: reconcile.Key{Subject: subject, Line: line}, Value: value}
}

var equation = reconcile.Equation{
	Name: "x", Rule: "a = b", Left: []reconcile.Side{{Figure: "a"}}, Right: []reconcile.Side{{Figure: "b"}}, Nothing: "0",
}

func examine(t testing.TB, source reconcile.Source, equation reconcile.Equation, most int) reconcile.Finding {
	t.Helper()
	found, err := reconcile.Examine(t.Context(), source, equation, most)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func told(found reconcile.Finding) []string {
	var breaks []string
	for _, b := range found.Breaks {
		breaks = append(breaks, b.Entity+": "+b.Left+", "+b.Right)
	}
	return breaks
}

func TestSidesAreCompared(t *testing.T) {
	source := figures{page: 1, entries: map[string][]reconcile.Entry{
		"a": {entry("left", 1, "3"), entry("more", 1, "2"), entry("more", 2, "1"), entry("same", 1, "1")},
		"b": {entry("more", 1, "1"), entry("more", 2, "1"), entry("right", 1, "4"), entry("same", 1, "1")},
	}}
	found := examine(t, source, equation, 10)
	want := []string{"left line 1: 3, 0", "more line 1: 2, 1", "right line 1: 0, 4"}
	if diff := cmp.Diff(want, told(found)); diff != "" || found.Examined != 5 || found.Broken != 3 {
		t.Errorf("%s\n%+v", diff, found)
	}
	if found := examine(t, source, equation, 1); len(found.Breaks) != 1 || found.Broken != 3 {
		t.Errorf("at most one: %+v", found)
	}
	leftOnly := equation
	leftOnly.LeftOnly = true
	if diff := cmp.Diff(want[:2], told(examine(t, source, leftOnly, 10))); diff != "" {
		t.Errorf("left only: %s", diff)
	}
	only := equation
	only.Only = &reconcile.Side{Figure: "a"}
	if diff := cmp.Diff(want[:2], told(examine(t, source, only, 10))); diff != "" {
		t.Errorf("only what a names: %s", diff)
	}
	several := equation
	several.Left = []reconcile.Side{{Figure: "a"}, {Figure: "z"}}
	source.entries["z"] = []reconcile.Entry{entry("z", 0, "1")}
	if diff := cmp.Diff(append(want, "z: 1, 0"), told(examine(t, source, several, 10))); diff != "" {
		t.Errorf("two figures on one side: %s", diff)
	}
}

// What a side cannot know is compared with nothing.
func TestWhatIsNotKnownIsNoBreak(t *testing.T) {
	source := figures{page: 9, entries: map[string][]reconcile.Entry{
		"a": {entry("alone", 0, reconcile.Unknown), entry("both", 0, reconcile.Unknown), entry("known", 0, "1")},
		"b": {entry("both", 0, "7"), entry("known", 0, "2")},
	}}
	found := examine(t, source, equation, 10)
	if diff := cmp.Diff([]string{"known: 1, 2"}, told(found)); diff != "" || found.Examined != 1 {
		t.Errorf("%d examined\n%s", found.Examined, diff)
	}
}

func TestWhatIsUnderWay(t *testing.T) {
	source := figures{page: 2, entries: map[string][]reconcile.Entry{"busy": {entry("a", 0, "1"), entry("b", 0, "1")}}}
	asked := equation
	asked.UnderWay = []reconcile.Side{{Figure: "busy"}}
	busy, err := reconcile.UnderWay(t.Context(), source, asked, map[string]bool{"b": true, "c": true})
	if diff := cmp.Diff(map[string]bool{"b": true}, busy); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	asked.UnderWay = append(asked.UnderWay, reconcile.Side{Figure: "too"})
	source.entries["too"] = []reconcile.Entry{entry("c", 0, "1")}
	busy, err = reconcile.UnderWay(t.Context(), source, asked, map[string]bool{"b": true, "c": true})
	if diff := cmp.Diff(map[string]bool{"b": true, "c": true}, busy); diff != "" || err != nil {
		t.Errorf("by several figures: %v %s", err, diff)
	}
	source.fail = "too"
	if busy, err := reconcile.UnderWay(t.Context(), source, asked, map[string]bool{"b": true}); err == nil {
		t.Errorf("a figure is away: %v", busy)
	}
}

// A break says more about what it is about, as far as one of the sides knows it. The left one is asked first.
func TestBreaksSayWhatTheyAreAbout(t *testing.T) {
	about := func(subject, value, order, sku string) reconcile.Entry {
		one := entry(subject, 1, value)
		one.Order, one.SKU = order, sku
		return one
	}
	source := figures{page: 9, entries: map[string][]reconcile.Entry{
		"a": {about("both", "1", "left", "A"), about("half", "1", "left", ""), about("left", "1", "left", "A"), entry("right", 1, "1")},
		"b": {about("both", "2", "right", "B"), about("half", "2", "right", "B"), about("right", "2", "right", "B")},
	}}
	var told []string
	for _, one := range examine(t, source, equation, 9).Breaks {
		told = append(told, one.Key.Subject+": "+one.Order+" "+one.SKU)
	}
	if diff := cmp.Diff([]string{"both: left A", "half: left B", "left: left A", "right: right B"}, told); diff != "" {
		t.Error(diff)
	}
}

// What cannot be compared is an error and no break.
func TestFiguresThatCannotBeRead(t *testing.T) {
	source := figures{page: 9, fail: "b", entries: map[string][]reconcile.Entry{"a": {entry("x", 0, "1")}}}
	if found, err := reconcile.Examine(t.Context(), source, equation, 10); err == nil {
		t.Errorf("a side is away: %+v", found)
	}
	source = figures{page: 9, entries: map[string][]reconcile.Entry{"a": {entry("b", 0, "1"), entry("a", 0, "1")}}}
	if found, err := reconcile.Examine(t.Context(), source, equation, 10); err == nil {
		t.Errorf("out of order: %+v", found)
	}
	source = figures{page: 9, entries: map[string][]reconcile.Entry{"a": {entry("a", 1, "1"), entry("a", 1, "2")}}}
	if found, err := reconcile.Examine(t.Context(), source, equation, 10); err == nil {
		t.Errorf("the same twice: %+v", found)
	}
	only := equation
	only.Only = &reconcile.Side{Figure: "names"}
	source = figures{page: 9, fail: "names", entries: map[string][]reconcile.Entry{"a": {entry("x", 0, "1")}}}
	if found, err := reconcile.Examine(t.Context(), source, only, 10); err == nil {
		t.Errorf("what restricts is away: %+v", found)
	}
}

// Whatever stands on the sides and however it is paged: the breaks are those of a comparison in memory.
func TestComparedAsInMemory(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		draw := func(name string) map[reconcile.Key]int64 {
			quantities := map[reconcile.Key]int64{}
			for range rapid.IntRange(0, 12).Draw(r, name) {
				key := reconcile.Key{Subject: fmt.Sprint(rapid.IntRange(0, 5).Draw(r, "subject")), Line: rapid.Int32Range(1, 12).Draw(r, "line")}
				quantities[key] = rapid.Int64Range(0, 2).Draw(r, "quantity")
			}
			return quantities
		}
		a, b := draw("left"), draw("right")
		source := figures{page: rapid.IntRange(1, 3).Draw(r, "page"), entries: map[string][]reconcile.Entry{
			"a": reconcile.Quantities(a), "b": reconcile.Quantities(b),
		}}
		want := map[string]bool{}
		for _, side := range []map[reconcile.Key]int64{a, b} {
			for key := range side {
				if a[key] != b[key] {
					want[fmt.Sprintf("%s: %d, %d", key, a[key], b[key])] = true
				}
			}
		}
		found, err := reconcile.Examine(context.Background(), source, equation, 1000)
		if err != nil {
			r.Fatal(err)
		}
		for _, one := range told(found) {
			if !want[one] {
				r.Fatalf("not a break: %s", one)
			}
			delete(want, one)
		}
		if len(want) > 0 {
			r.Fatalf("not found: %v", want)
		}
	})
}
