package erp

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// Figures are what the sandbox ERP has, for comparison with ours. Who may not read its database asks with ListPostings.
func Figures() []reconcile.Figure {
	return []reconcile.Figure{{
		Name: "erp.posted",
		Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
			postings, err := store.List(ctx, db.Pool(), after, int32(limit))
			page := reconcile.Page{}
			for _, posting := range postings {
				if entry, ok := reconcile.Posted(posting.ID, posting.TotalMinor, posting.NotToShip); ok {
					page.Entries = append(page.Entries, entry)
				}
			}
			if len(postings) == limit {
				page.Next = postings[limit-1].ID
			}
			return page, err
		},
	}}
}
