package inventory

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
)

// What is remembered of requests is forgotten once its time is over: the table must not grow for ever.
func TestOldRequestsAreForgotten(t *testing.T) {
	w := newWorld(t)
	_, err := database.Tx(t.Context(), w.db, "remember", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, idempotency.Save(t.Context(), tx, []idempotency.Record{
			{Key: idempotency.Key{Principal: "p", Method: "m", RequestID: "old"}, Hash: []byte{1}, ExpiresAt: time.Now().Add(-time.Hour)},
			{Key: idempotency.Key{Principal: "p", Method: "m", RequestID: "new"}, Hash: []byte{1}},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	eventually(t, "the old one is forgotten", func() bool {
		var left string
		err := w.db.Pool().QueryRow(t.Context(), "SELECT string_agg(request_id, ',') FROM idempotency").Scan(&left)
		return err == nil && left == "new"
	})
}
