package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// A page never ends within a subject, however small it is, and nothing is lost or twice.
func TestPageOf(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var rows []reconcile.Amount
		want := map[reconcile.Key]int64{}
		for subject := range rapid.IntRange(0, 6).Draw(r, "subjects") {
			for range rapid.IntRange(1, 6).Draw(r, "rows") {
				key := reconcile.Key{Subject: fmt.Sprint(subject), Line: rapid.Int32Range(1, 3).Draw(r, "line")}
				rows = append(rows, reconcile.Amount{Key: key, Quantity: 2})
				want[key] += 2
			}
		}
		size := rapid.IntRange(1, 8).Draw(r, "limit")
		got := map[reconcile.Key]int64{}
		for after := ""; ; {
			page, err := reconcile.PageOf(size, func(limit int) ([]reconcile.Amount, error) {
				var part []reconcile.Amount
				for _, row := range rows {
					if row.Subject > after && len(part) < limit {
						part = append(part, row)
					}
				}
				return part, nil
			})
			if err != nil {
				r.Fatal(err)
			}
			for _, entry := range page.Entries {
				if got[entry.Key] != 0 {
					r.Fatalf("%s twice", entry.Key)
				}
				got[entry.Key], _ = strconv.ParseInt(entry.Value, 10, 64)
			}
			if page.Next == "" {
				break
			}
			after = page.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
	})
}

// Rows of one key are one entry, which says what they are about; what comes to nothing is left out.
func TestRowsAreSummedUp(t *testing.T) {
	page, err := reconcile.PageOf(9, func(int) ([]reconcile.Amount, error) {
		key := reconcile.Key{Subject: "a", Line: 1}
		return []reconcile.Amount{
			{Key: key, Quantity: 2, Order: "ord_1", SKU: "A"}, {Key: key, Quantity: 3, Order: "ord_1", SKU: "A"},
			{Key: reconcile.Key{Subject: "b"}, Quantity: 2}, {Key: reconcile.Key{Subject: "b"}, Quantity: -2},
		}, nil
	})
	want := reconcile.Page{Entries: []reconcile.Entry{{Key: reconcile.Key{Subject: "a", Line: 1}, Value: "5", Order: "ord_1", SKU: "A"}}}
	if diff := cmp.Diff(want, page); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// Keys are told apart, ordered and written by all that they say.
func TestKeys(t *testing.T) {
	inOrder := []reconcile.Key{
		{Subject: "a"}, {Subject: "a", Line: 1}, {Subject: "a", Line: 1, Node: "EAST"}, {Subject: "a", Line: 1, Node: "EAST", Part: "1"},
		{Subject: "a", Line: 1, Node: "EAST", Part: "2"}, {Subject: "a", Line: 1, Node: "WEST"}, {Subject: "a", Line: 2}, {Subject: "b"},
	}
	var written []string
	for i, key := range inOrder {
		for j, other := range inOrder {
			if got, want := key.Compare(other), min(max(i-j, -1), 1); got != want {
				t.Errorf("%s to %s: %d, want %d", key, other, got, want)
			}
		}
		written = append(written, key.String())
	}
	want := []string{
		"a", "a line 1", "a line 1 at EAST", "a line 1 at EAST part 1", "a line 1 at EAST part 2", "a line 1 at WEST", "a line 2", "b",
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Error(diff)
	}
}

// Of an order the ERP's first version says that it is there, and its closure what is not to be shipped; what was told between them is not
// compared; of other documents their totals are.
func TestPosted(t *testing.T) {
	for document, want := range map[string]*reconcile.Entry{
		"inv_1":   {Key: reconcile.Key{Subject: "inv_1"}, Value: fmt.Sprint(math.MaxInt64)},
		"ord_1/0": {Key: reconcile.Key{Subject: "ord_1"}, Value: "1", Order: "ord_1"},
		"ord_1/1": nil, "ord_1/10": nil, "ord_1/reduced/0": nil,
		"ord_1/closed": {Key: reconcile.Key{Subject: "ord_1/closed"}, Value: "4", Order: "ord_1"},
	} {
		got, compared := reconcile.Posted(document, math.MaxInt64, 4)
		subject, named := reconcile.Subject(document)
		if want == nil {
			want = &reconcile.Entry{}
		} else if !compared || subject != want.Subject {
			t.Errorf("%s is not compared, or is about %s", document, subject)
		}
		if named != compared {
			t.Errorf("%s is a subject: %v, and compared: %v", document, named, compared)
		}
		if diff := cmp.Diff(*want, got); diff != "" {
			t.Errorf("%s: %s", document, diff)
		}
	}
}

// A book gives its figures by their names, and all that its rules say.
func TestBooks(t *testing.T) {
	const rows, broken = 7, 2
	away := errors.New("away")
	check := invariant.Check{
		Name: "here.I1", Rule: "a = b",
		Run: func(context.Context, *database.DB) ([]invariant.Break, error) {
			return slices.Repeat([]invariant.Break{{Entity: "x", Left: "1", Right: "2"}}, broken), nil
		},
		Examined: func(context.Context, *database.DB) (int64, error) { return rows, nil },
	}
	book := reconcile.Book{Figures: []reconcile.Figure{{
		Name: "here.figure", Read: func(context.Context, *database.DB, string, int) (reconcile.Page, error) {
			return reconcile.Page{Next: "n"}, nil
		},
	}}}
	books := reconcile.Books{"here": book}
	if page, err := books.Figure(t.Context(), reconcile.Side{Role: "here", Figure: "here.figure"}, ""); err != nil || page.Next != "n" {
		t.Errorf("%v, %v", page, err)
	}
	for _, side := range []reconcile.Side{{Role: "here", Figure: "here.other"}, {Role: "there", Figure: "here.figure"}} {
		if page, err := books.Figure(t.Context(), side, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: %v, %v", side, page, err)
		}
	}
	found, err := book.Check(t.Context(), check)
	if err != nil || found.Name != check.Name || found.Rule != check.Rule || found.Examined != rows || found.Broken != broken || len(found.Breaks) != broken {
		t.Errorf("%+v, %v", found, err)
	}
	for name, fail := range map[string]func(){
		"examined": func() { check.Examined = func(context.Context, *database.DB) (int64, error) { return 0, away } },
		"run": func() {
			check.Run = func(context.Context, *database.DB) ([]invariant.Break, error) { return nil, away }
		},
	} {
		fail()
		if _, err := book.Check(t.Context(), check); !errors.Is(err, away) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
