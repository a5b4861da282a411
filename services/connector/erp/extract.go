package erp

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// PostedTotals are the totals of all documents that are posted, in minor units by our ids, for comparison with ours.
func PostedTotals(ctx context.Context, db *database.DB) (map[string]int64, error) {
	totals := map[string]int64{}
	for after := ""; ; {
		page, err := store.List(ctx, db.Pool(), after, extractPage)
		if err != nil || len(page) == 0 {
			return totals, err
		}
		for _, posting := range page {
			totals[posting.ID] = posting.TotalMinor
		}
		after = page[len(page)-1].ID
	}
}

// extractPage is how many postings are read at once.
const extractPage = 10_000
