package audit

import (
	"context"
	"testing"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// A rule that does not say how much it looked at may have looked at nothing.
func TestEveryRuleIsCounted(t *testing.T) {
	for _, book := range mesh.Books(nil) {
		for _, check := range book.Checks {
			if check.Examined == nil {
				t.Errorf("%s does not count what it examined", check.Name)
			}
		}
	}
}

// Each side of each equation is a figure that its service gives, and each figure is of use.
func TestEverySideHasItsFigure(t *testing.T) {
	books, used := mesh.Books(nil), map[string]bool{}
	for _, equation := range reconcile.Equations() {
		sides := append(append(append([]reconcile.Side{}, equation.Left...), equation.Right...), equation.UnderWay...)
		if equation.Only != nil {
			sides = append(sides, *equation.Only)
		}
		for _, side := range sides {
			used[side.Figure] = true
			found := false
			for _, figure := range books[side.Role].Figures {
				found = found || figure.Name == side.Figure
			}
			if !found {
				t.Errorf("%s: %s has no figure %s", equation.Name, side.Role, side.Figure)
			}
		}
	}
	for role, book := range books {
		for _, figure := range book.Figures {
			if !used[figure.Name] {
				t.Errorf("figure %s of %s is compared with nothing", figure.Name, role)
			}
		}
	}
}

// Small pages give the same figures as large ones.
func TestPagesOfFigures(t *testing.T) {
	w := newWorld(t)
	w.day(t)
	for role, book := range mesh.Books(w.databases) {
		for _, figure := range book.Figures {
			whole, small := w.figure(t, book, figure, 1_000_000), w.figure(t, book, figure, 1)
			if len(whole) != len(small) {
				t.Errorf("%s of %s: %d entries, and %d by small pages", figure.Name, role, len(whole), len(small))
			}
			for i := range min(len(whole), len(small)) {
				if whole[i] != small[i] {
					t.Errorf("%s of %s: %v, and by small pages %v", figure.Name, role, whole[i], small[i])
				}
			}
		}
	}
}

func (w *world) figure(t *testing.T, book reconcile.Book, figure reconcile.Figure, limit int) []reconcile.Entry {
	t.Helper()
	var entries []reconcile.Entry
	for after := ""; ; {
		page, err := figure.Read(context.Background(), book.DB, after, limit)
		if err != nil {
			t.Fatalf("%s: %v", figure.Name, err)
		}
		entries = append(entries, page.Entries...)
		if after = page.Next; after == "" {
			return entries
		}
	}
}

// queued is an outside system that lacks two documents, of which one waits in the queue for it.
type queued struct{}

func (queued) Figure(_ context.Context, side reconcile.Side, _ string) (reconcile.Page, error) {
	names := map[string][]string{"ours": {"doc-1", "doc-2", "doc-3"}, "theirs": {"doc-1"}, "queue": {"doc-2"}}[side.Figure]
	var page reconcile.Page
	for _, name := range names {
		page.Entries = append(page.Entries, reconcile.Entry{Key: reconcile.Key{Subject: name}, Value: "1"})
	}
	return page, nil
}

func TestWhatWaitsInAQueueIsNoBreak(t *testing.T) {
	equation := reconcile.Equation{
		Left: []reconcile.Side{{Figure: "ours"}}, Right: []reconcile.Side{{Figure: "theirs"}}, Nothing: "0",
		UnderWay: []reconcile.Side{{Figure: "queue"}}, Drains: true,
	}
	found, err := reconcile.Examine(t.Context(), queued{}, equation, maxListed)
	if err != nil || found.Broken != 2 {
		t.Fatalf("found %+v, %v", found, err)
	}
	left, err := withoutQueued(t.Context(), queued{}, equation, found)
	if err != nil || left.Broken != 1 || len(left.Breaks) != 1 || left.Breaks[0].Key.Subject != "doc-3" || left.Examined != 3 {
		t.Errorf("left %+v, %v", left, err)
	}
}
