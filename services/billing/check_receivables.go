package billing

import (
	"cmp"
	"context"
	"slices"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// checkReceivables compares what is posted to the receivables in the base currency with what is left of the documents in it:
// of a settled invoice, and of a payment or credit memo that is applied as a whole, nothing is. Books whose company has changed
// its base currency are passed over: what settles across that has no difference that could be computed.
func checkReceivables(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	posted, left := map[store.BaseBooks]int64{}, map[store.BaseBooks]int64{}
	err := store.EachBaseReceivable(ctx, db.Pool(), func(one store.BaseReceivable) {
		if one.Posted {
			posted[one.BaseBooks] += one.Worth.Base
		} else {
			left[one.BaseBooks] += one.Sign * one.Worth.Rest(one.Settled)
		}
	})
	if err != nil {
		return nil, err
	}
	var all []store.BaseBooks
	for _, side := range []map[store.BaseBooks]int64{posted, left} {
		for books := range side {
			all = append(all, books)
		}
	}
	slices.SortFunc(all, func(a, b store.BaseBooks) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.LegalEntity, b.LegalEntity),
			cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Base, b.Base))
	})
	all = slices.Compact(all)
	bases := map[store.BaseBooks]int{}
	for _, books := range all {
		books.Base = ""
		bases[books]++
	}
	var found broken
	for _, books := range all {
		whole := books
		whole.Base = ""
		if bases[whole] == 1 && posted[books] != left[books] {
			found.add("account "+books.Account, posted[books], left[books],
				"receivable in "+books.Base+" of documents in "+books.Currency+", as posted and as left of them")
		}
	}
	return found.all(), nil
}
