package idempotency

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// SweepInterval is how often a service sweeps: records live for days.
const SweepInterval = 6 * time.Hour

// sweepPage is how many records one transaction of the sweep looks at.
const sweepPage = 1000

// Keyset paging by row comparison, which old CockroachDB servers take for the primary key's order too.
const sweepPageSQL = `
SELECT principal, method, request_id, expires_at
FROM idempotency
WHERE (request_id, principal, method) > ($1, $2, $3)
ORDER BY request_id, principal, method
LIMIT $4`

const sweepDeleteSQL = `
DELETE FROM idempotency AS i
WHERE i.request_id = ANY($1::text[]) AND i.expires_at < $2`

// Sweep deletes the records that expired before now and returns how many. It walks the whole table in pages, each read
// outside of and deleted in its own short transaction, so that it disturbs nobody. When ctx
// ends it stops and says how far it came; the next sweep starts anew.
func Sweep(ctx context.Context, db *database.DB, now time.Time) (int64, error) {
	var deleted int64
	var last Key
	for {
		expired, read, err := readPage(ctx, db, &last, now)
		if err != nil {
			return deleted, fmt.Errorf("sweep idempotency records: %w", err)
		}
		if len(expired) > 0 {
			count, err := database.Tx(ctx, db, "sweep_idempotency", func(tx database.Transaction) (int64, error) {
				tag, err := tx.Exec(ctx, sweepDeleteSQL, expired, now)
				return tag.RowsAffected(), err
			})
			if err != nil {
				return deleted, err
			}
			deleted += count
		}
		if read < sweepPage {
			return deleted, nil
		}
	}
}

// KeepSwept sweeps now and then until ctx ends, and returns nil then: first some time within the interval, so that
// replicas that start together do not sweep together. A sweep that fails is told and made up for by the next.
func KeepSwept(ctx context.Context, db *database.DB, every time.Duration, log *slog.Logger) error {
	timer := time.NewTimer(rand.N(every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		deleted, err := Sweep(ctx, db, time.Now())
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "idempotency records not swept", "database", db.Name(), "deleted", deleted, "error", err)
		}
		timer.Reset(every)
	}
}

// readPage gives the request ids of a page that have expired, and how many records it held. Last moves to its end.
func readPage(ctx context.Context, db *database.DB, last *Key, now time.Time) (expired []string, read int, err error) {
	rows, err := db.Pool().Query(ctx, sweepPageSQL, last.RequestID, last.Principal, last.Method, sweepPage)
	if err != nil {
		return nil, 0, database.Fault(ctx, err)
	}
	var expiresAt time.Time
	_, err = pgx.ForEachRow(rows, []any{&last.Principal, &last.Method, &last.RequestID, &expiresAt}, func() error {
		read++
		if expiresAt.Before(now) {
			expired = append(expired, last.RequestID)
		}
		return nil
	})
	return expired, read, database.Fault(ctx, err)
}
