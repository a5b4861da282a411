package inventory

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// Two transactions that are about different stock must not meet: a plan that reads all of it would make one of them run
// again, whatever it was about.
func TestDifferentBalancesAreLockedSideBySide(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	db, err := database.Open(ctx, databasetest.URL(t, Migrations))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Pool().Exec(ctx, `INSERT INTO balance SELECT 'ITM-' || i::text, 'N', 10, 0, 0, 0, 0, false, 1, 0, now()
		FROM generate_series(1000, 4999) AS g(i)`)
	if err != nil {
		t.Fatal(err)
	}
	const each = 400
	var attempts atomic.Int32
	var locked, done sync.WaitGroup
	locked.Add(2)
	for _, first := range []int{1000, 3000} {
		skus, nodes := make([]string, each), make([]string, each)
		for i := range skus {
			skus[i], nodes[i] = fmt.Sprintf("ITM-%d", first+i), "N"
		}
		if first == 1000 {
			skus[each-1] = "ITM-4999" // whoever reads from the first to the last reads what the other changes
		}
		arrived := sync.OnceFunc(locked.Done)
		done.Go(func() {
			defer arrived()
			_, err := database.Tx(ctx, db, "hold", func(tx database.Transaction) (struct{}, error) {
				attempts.Add(1)
				rows, err := store.New(tx).LockBalances(ctx, store.LockBalancesParams{Skus: skus, NodeIds: nodes})
				if err != nil || len(rows) != each {
					return struct{}{}, fmt.Errorf("%d balances locked, %w", len(rows), err)
				}
				arrived()
				locked.Wait()
				_, err = tx.Exec(ctx, `UPDATE balance SET version = version + 1 WHERE sku = ANY($1::text[]) AND node_id = 'N'`, skus)
				return struct{}{}, err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if attempts.Load() != 2 {
		t.Errorf("%d attempts, want one for each", attempts.Load())
	}
}
