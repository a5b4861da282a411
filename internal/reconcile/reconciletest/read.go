// Package reconciletest reads figures in tests.
package reconciletest

import (
	"testing"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// Read gives all entries of one of the figures of a service.
func Read(t testing.TB, db *database.DB, figures []reconcile.Figure, name string) []reconcile.Entry {
	t.Helper()
	const here = "here"
	books := reconcile.Books{here: {DB: db, Figures: figures}}
	var entries []reconcile.Entry
	for after := ""; ; {
		page, err := books.Figure(t.Context(), reconcile.Side{Role: here, Figure: name}, after)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, page.Entries...)
		if after = page.Next; after == "" {
			return entries
		}
	}
}
