package backoffice

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// Figures are what this service says of its queue: the documents that are on their way to the ERP, without those that are stuck.
func Figures() []reconcile.Figure {
	return []reconcile.Figure{{
		Name: "backoffice.waiting",
		Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
			documents, err := store.PageWaiting(ctx, db.Pool(), after, limit)
			page := reconcile.Page{}
			for _, document := range documents {
				if subject, compared := reconcile.Subject(document); compared {
					page.Entries = append(page.Entries, reconcile.Entry{Key: reconcile.Key{Subject: subject}, Value: "1"})
				}
			}
			if len(documents) == limit {
				page.Next = documents[limit-1]
			}
			return page, err
		},
	}}
}
