package database_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// Transactions take turns, those beside do not wait, and whoever gives up waiting gets nothing.
func TestWriters(t *testing.T) {
	db := databasetest.New(t, nil, database.Writers(1))
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := database.Tx(t.Context(), db, "write", func(tx database.Transaction) (int, error) {
				most.Store(max(most.Load(), inside.Add(1)))
				defer inside.Add(-1)
				var one int
				return one, tx.QueryRow(t.Context(), "SELECT 1").Scan(&one)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d transactions ran at once", most.Load())
	}
	_, err := database.Tx(t.Context(), db, "outer", func(database.Transaction) (int, error) {
		if _, err := database.TxBeside(t.Context(), db, "beside", func(database.Transaction) (int, error) { return 0, nil }); err != nil {
			t.Errorf("one beside had to wait: %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := database.Tx(gone, db, "late", func(database.Transaction) (int, error) { return 0, nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that gave up got %v", err)
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
