package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// loadPosition reads up to where a follower has followed a stream: 0 when it has not, or another one of that name.
func loadPosition(ctx context.Context, db *database.DB, consumer, stream string, started time.Time) (uint64, error) {
	var sequence int64
	err := db.Pool().QueryRow(ctx, `SELECT sequence FROM inbox_position WHERE consumer = $1 AND stream = $2 AND stream_started = $3`,
		consumer, stream, started).Scan(&sequence)
	if database.NoRows(err) {
		return 0, nil
	}
	return uint64(sequence), database.Fault(ctx, err)
}

// savePositions stores up to where streams have been followed.
func savePositions(
	ctx context.Context, tx database.Transaction, consumer string, reached map[string]uint64, started map[string]time.Time,
) error {
	if len(reached) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(reached))
	starts, sequences := make([]time.Time, 0, len(names)), make([]int64, 0, len(names))
	for _, name := range names {
		starts, sequences = append(starts, started[name]), append(sequences, int64(reached[name]))
	}
	_, err := tx.Exec(ctx, `INSERT INTO inbox_position (consumer, stream, stream_started, sequence)
		SELECT $1::TEXT, unnest($2::TEXT[]), unnest($3::TIMESTAMPTZ[]), unnest($4::INT8[])
		ON CONFLICT (consumer, stream) DO UPDATE SET stream_started = excluded.stream_started, sequence = excluded.sequence`,
		consumer, names, starts, sequences)
	return err
}

// retriedMost is how many dead letters one look takes that were handed in again.
const retriedMost = 64

// retriedLetters reads the dead letters of a follower that were handed in again.
func retriedLetters(ctx context.Context, db *database.DB, consumer string) ([]parkedRow, error) {
	rows, err := db.Pool().Query(ctx, `SELECT shard, envelope FROM inbox_parked WHERE consumer = $1
		ORDER BY shard, aggregate, sequence LIMIT $2`, consumer, retriedMost)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (parkedRow, error) {
		var p parkedRow
		err := row.Scan(&p.shard, &p.envelope)
		return p, err
	})
	return found, database.Fault(ctx, err)
}

// deleteRetried removes dead letters that were handed in again.
func deleteRetried(ctx context.Context, tx database.Transaction, consumer string, items []*item) error {
	for _, it := range items {
		_, err := tx.Exec(ctx, `DELETE FROM inbox_parked WHERE consumer = $1 AND shard = $2 AND aggregate = $3 AND sequence = $4`,
			consumer, it.shard, it.key, it.event.Sequence)
		if err != nil {
			return err
		}
	}
	return nil
}

// countDeadLetters counts the dead letters of a follower about which nobody has decided.
func countDeadLetters(ctx context.Context, db *database.DB, consumer string) (dead int64, err error) {
	err = db.Pool().QueryRow(ctx, `SELECT count(*) FROM inbox_dead_letter WHERE consumer = $1 AND resolved_at IS NULL`, consumer).Scan(&dead)
	return dead, database.Fault(ctx, err)
}
