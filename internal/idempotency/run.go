package idempotency

import (
	"context"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// sweepEvery is the time between two sweeps of a process. Each walks the table, so it is long beside what that takes, and
// short beside Retention.
const sweepEvery = 24 * time.Hour

// Run sweeps at once, so that a process that never lives a day does it too, and then once a day, until ctx ends; then it
// returns nil. A sweep that fails is left to the next one. Every replica may run it: a record is deleted by one of them.
func Run(ctx context.Context, db *database.DB, log *slog.Logger) error {
	return run(ctx, db, log, sweepEvery)
}

func run(ctx context.Context, db *database.DB, log *slog.Logger, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		switch deleted, err := Sweep(ctx, db, time.Now()); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.WarnContext(ctx, "idempotency records not swept, tried again at the next sweep", "error", err)
		case deleted > 0:
			log.InfoContext(ctx, "idempotency records swept", "records", deleted)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
