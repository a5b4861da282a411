package inbox

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Retry hands the dead letter of an aggregate, named by Key, in again, in front of what is parked behind it. The consumer
// takes it within seconds; the event keeps its id, and a failure makes it a dead letter again. NotFound (NO_DEAD_LETTER)
// when there is none.
func Retry(ctx context.Context, db *database.DB, consumer, aggregate string) error {
	_, err := database.Tx(ctx, db, "inbox_retry", func(tx database.Transaction) (struct{}, error) {
		dead, err := openDeadLetter(ctx, tx, consumer, aggregate)
		if err != nil {
			return struct{}{}, err
		}
		_, err = tx.Exec(ctx, `INSERT INTO inbox_parked (consumer, shard, aggregate, sequence, envelope, parked_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (consumer, shard, aggregate, sequence) DO NOTHING`,
			consumer, dead.shard, aggregate, dead.sequence, dead.envelope, time.Now())
		if err != nil {
			return struct{}{}, err
		}
		if err := resolve(ctx, tx, consumer, dead.id, "RETRIED"); err != nil {
			return struct{}{}, err
		}
		_, err = tx.Exec(ctx, `UPDATE inbox_cursor SET blocked = false WHERE consumer = $1 AND shard = $2 AND aggregate = $3`,
			consumer, dead.shard, aggregate)
		return struct{}{}, err
	})
	return err
}

// Skip lets a consumer go on with an aggregate, named by Key, after the given sequence, as if everything up to it had
// been applied: past a dead letter, or past events that no longer exist. It never goes back. What is parked behind
// follows within seconds.
func Skip(ctx context.Context, db *database.DB, consumer string, shard int32, aggregate string, upTo int64) error {
	_, err := database.Tx(ctx, db, "inbox_skip", func(tx database.Transaction) (struct{}, error) {
		dead, err := openDeadLetter(ctx, tx, consumer, aggregate)
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil:
		case err != nil:
			return struct{}{}, err
		case dead.sequence <= upTo:
			if err := resolve(ctx, tx, consumer, dead.id, "SKIPPED"); err != nil {
				return struct{}{}, err
			}
		}
		blocked := err == nil && dead.sequence > upTo
		_, err = tx.Exec(ctx, `INSERT INTO inbox_cursor (consumer, shard, aggregate, sequence, blocked) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (consumer, shard, aggregate) DO UPDATE SET blocked = excluded.blocked,
				sequence = CASE WHEN inbox_cursor.sequence > excluded.sequence THEN inbox_cursor.sequence ELSE excluded.sequence END`,
			consumer, shard, aggregate, upTo, blocked)
		return struct{}{}, err
	})
	return err
}

// deadLetter is what a decision about one needs.
type deadLetter struct {
	id       string
	shard    int32
	sequence int64
	envelope []byte
}

func openDeadLetter(ctx context.Context, tx database.Transaction, consumer, aggregate string) (deadLetter, error) {
	var dead deadLetter
	err := tx.QueryRow(ctx, `SELECT id, shard, sequence, envelope FROM inbox_dead_letter
		WHERE consumer = $1 AND aggregate = $2 AND resolved_at IS NULL ORDER BY sequence LIMIT 1`, consumer, aggregate).
		Scan(&dead.id, &dead.shard, &dead.sequence, &dead.envelope)
	if database.NoRows(err) {
		return dead, fault.New(fault.NotFound, "NO_DEAD_LETTER", "%s has no dead letter of %s", consumer, aggregate)
	}
	return dead, err
}

func resolve(ctx context.Context, tx database.Transaction, consumer, id, resolution string) error {
	_, err := tx.Exec(ctx, `UPDATE inbox_dead_letter SET resolved_at = $3, resolution = $4 WHERE consumer = $1 AND id = $2`,
		consumer, id, time.Now(), resolution)
	return err
}
