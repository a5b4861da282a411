package idempotency

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// told passes on the messages of a log.
type told chan string

func (told) Enabled(context.Context, slog.Level) bool { return true }
func (c told) Handle(_ context.Context, record slog.Record) error {
	c <- record.Message
	return nil
}
func (c told) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c told) WithGroup(string) slog.Handler      { return c }

func TestRunSweepsAgainAndAgain(t *testing.T) {
	db := databasetest.New(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	messages, stopped := make(told), make(chan error, 1)
	expire := func(id string) {
		t.Helper()
		_, err := database.Tx(t.Context(), db, "save", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, Save(t.Context(), tx, []Record{{
				Key: Key{Principal: "p", Method: "m", RequestID: id}, Hash: []byte{1}, ExpiresAt: time.Now().Add(-time.Hour),
			}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	expire("first")
	go func() { stopped <- run(ctx, db, slog.New(messages), 10*time.Millisecond) }()
	for _, id := range []string{"second", ""} {
		if got := <-messages; got != "idempotency records swept" {
			t.Fatalf("log says %q", got)
		}
		if id != "" {
			expire(id)
		}
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	var left int
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM idempotency").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d records are left, %v", left, err)
	}
}
