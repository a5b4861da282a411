package inbox

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
)

// cursorOf reads one cursor as one number, see cursorFrom. As a subquery per key it is always a look-up by the whole
// primary key. A join, or a list with ANY, may become a walk over all cursors of the shard as long as the server has no
// statistics of a table that grows by the thousands.
const cursorOf = `(SELECT CASE WHEN c.blocked THEN -1 - c.sequence ELSE c.sequence END FROM inbox_cursor AS c
	WHERE c.consumer = $1 AND c.shard = k.shard AND c.aggregate = k.aggregate)`

// cursorFrom reads what cursorOf wrote: a blocked cursor is negative.
func cursorFrom(number int64) cursor {
	if number < 0 {
		return cursor{sequence: -1 - number, blocked: true}
	}
	return cursor{sequence: number}
}

// loadCursors reads how far the consumer has come with the aggregates of items. One that is new has no entry.
func loadCursors(ctx context.Context, from querier, consumer string, items []*item) (map[place]cursor, error) {
	shards, keys := placesOf(items)
	rows, err := from.Query(ctx, cursorsOf, consumer, shards, keys)
	if err != nil {
		return nil, err
	}
	cursors := make(map[place]cursor, len(items))
	return cursors, takeCursors(rows, cursors)
}

// loadFenced is loadCursors behind the fence, in one go.
func loadFenced(ctx context.Context, tx database.Transaction, leases shard.Leases, consumer string, items []*item) (map[place]cursor, error) {
	cursors := make(map[place]cursor, len(items))
	together := database.NewPipeline(tx)
	if err := leases.Check(ctx, together); err != nil {
		return nil, err
	}
	shards, keys := placesOf(items)
	together.Read(func(rows pgx.Rows) error { return takeCursors(rows, cursors) }, cursorsOf, consumer, shards, keys)
	return cursors, together.Flush(ctx)
}

// A CockroachDB before 21.1 takes a parameter that stands only in FROM for text: both are named in WHERE too.
const cursorsOf = `SELECT k.shard, k.aggregate, ` + cursorOf + ` FROM
	(SELECT unnest($2::INT8[]) AS shard, unnest($3::TEXT[]) AS aggregate) AS k
	WHERE k.shard = ANY($2::INT8[]) AND array_length($3::TEXT[], 1) > 0`

func takeCursors(rows pgx.Rows, cursors map[place]cursor) error {
	var at place
	var number *int64
	_, err := pgx.ForEachRow(rows, []any{&at.shard, &at.key, &number}, func() error {
		if number != nil {
			cursors[at] = cursorFrom(*number)
		}
		return nil
	})
	return err
}

// placesOf are the places of items, each once, as two columns.
func placesOf(items []*item) (shards []int32, keys []string) {
	seen := make(map[place]bool, len(items))
	for _, it := range items {
		if !seen[it.place()] {
			seen[it.place()] = true
			shards = append(shards, it.shard)
			keys = append(keys, it.key)
		}
	}
	return shards, keys
}

// saveCursors stores the cursors of the aggregates that were applied.
func saveCursors(ctx context.Context, tx database.Transaction, consumer string, cursors map[place]cursor, moved map[place]bool) error {
	if len(moved) == 0 {
		return nil
	}
	shards, keys, sequences := make([]int32, 0, len(moved)), make([]string, 0, len(moved)), make([]int64, 0, len(moved))
	for at := range moved {
		shards = append(shards, at.shard)
		keys = append(keys, at.key)
		sequences = append(sequences, cursors[at].sequence)
	}
	_, err := tx.Exec(ctx, `INSERT INTO inbox_cursor (consumer, shard, aggregate, sequence)
		SELECT $1::TEXT, unnest($2::INT8[]), unnest($3::TEXT[]), unnest($4::INT8[])
		ON CONFLICT (consumer, shard, aggregate) DO UPDATE SET sequence = excluded.sequence`,
		consumer, shards, keys, sequences)
	return err
}

// spot is the place of an event among all events.
type spot struct {
	place
	sequence int64
}

func (it *item) spot() spot { return spot{place: it.place(), sequence: it.event.Sequence} }

// insertParked stores events that wait for their turn, and gives those that were not there. Repeating is free.
func insertParked(ctx context.Context, tx database.Transaction, consumer string, items []*item) (added map[spot]bool, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	var shards []int32
	var keys []string
	var sequences []int64
	var envelopes [][]byte
	for _, it := range items {
		shards = append(shards, it.shard)
		keys = append(keys, it.key)
		sequences = append(sequences, it.event.Sequence)
		envelopes = append(envelopes, it.event.AppendEnvelope(nil))
	}
	rows, err := tx.Query(ctx, `INSERT INTO inbox_parked (consumer, shard, aggregate, sequence, envelope, parked_at)
		SELECT $1::TEXT, unnest($2::INT8[]), unnest($3::TEXT[]), unnest($4::INT8[]), unnest($5::BYTEA[]), $6::TIMESTAMPTZ
		ON CONFLICT (consumer, shard, aggregate, sequence) DO NOTHING RETURNING shard, aggregate, sequence`,
		consumer, shards, keys, sequences, envelopes, time.Now())
	if err != nil {
		return nil, err
	}
	added = make(map[spot]bool, len(items))
	err = eachSpot(rows, func(one spot) { added[one] = true })
	return added, err
}

// parkedAmong gives what is parked of the aggregates of items, up to the last of these.
func parkedAmong(ctx context.Context, from querier, consumer string, items []*item) (map[spot]bool, error) {
	shards, keys := placesOf(items)
	last := int64(0)
	for _, it := range items {
		last = max(last, it.event.Sequence)
	}
	rows, err := from.Query(ctx, `SELECT p.shard, p.aggregate, p.sequence FROM inbox_parked AS p
		JOIN (SELECT unnest($2::INT8[]) AS shard, unnest($3::TEXT[]) AS aggregate) AS k ON p.shard = k.shard AND p.aggregate = k.aggregate
		WHERE p.consumer = $1 AND p.shard = ANY($2::INT8[]) AND p.aggregate = ANY($3::TEXT[]) AND p.sequence <= $4`,
		consumer, shards, keys, last)
	if err != nil {
		return nil, err
	}
	parked := make(map[spot]bool)
	err = eachSpot(rows, func(one spot) { parked[one] = true })
	return parked, err
}

// firstParked is the first parked event of an aggregate.
func firstParked(ctx context.Context, tx database.Transaction, consumer, aggregate string) (*item, bool, error) {
	rows, err := tx.Query(ctx, `SELECT shard, sequence, envelope FROM inbox_parked
		WHERE consumer = $1 AND aggregate = $2 ORDER BY sequence LIMIT 1`, consumer, aggregate)
	if err != nil {
		return nil, false, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*item, error) {
		it := &item{key: aggregate}
		var sequence int64
		var envelope []byte
		if err := row.Scan(&it.shard, &sequence, &envelope); err != nil {
			return nil, err
		}
		it.event, it.broken = bus.ParseEnvelope(envelope) // its place is enough, where it cannot be read
		it.event.Sequence = sequence
		return it, nil
	})
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	return found[0], true, nil
}

func eachSpot(rows pgx.Rows, take func(spot)) error {
	var one spot
	_, err := pgx.ForEachRow(rows, []any{&one.shard, &one.key, &one.sequence}, func() error {
		take(one)
		return nil
	})
	return err
}

// deleteParked removes what the cursors have passed.
func deleteParked(ctx context.Context, tx database.Transaction, consumer string, cursors map[place]cursor, places map[place]bool) error {
	if len(places) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for at := range places {
		batch.Queue(`DELETE FROM inbox_parked WHERE consumer = $1 AND shard = $2 AND aggregate = $3 AND sequence <= $4`,
			consumer, at.shard, at.key, cursors[at].sequence)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// insertDeadLetter stores an event that could not be handled, blocks its aggregate, and tells of it.
func insertDeadLetter(ctx context.Context, tx database.Transaction, consumer string, it *item, cause error, attempts int) error {
	if err := storeDeadLetter(ctx, tx, consumer, it, cause, attempts); err != nil || it.malformed() {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO inbox_cursor (consumer, shard, aggregate, sequence, blocked)
		VALUES ($1, $2, $3, $4, true) ON CONFLICT (consumer, shard, aggregate) DO UPDATE SET blocked = true`,
		consumer, it.shard, it.key, it.event.Sequence-1)
	return err
}

// storeDeadLetter stores an event that could not be handled, and tells of it.
func storeDeadLetter(ctx context.Context, tx database.Transaction, consumer string, it *item, cause error, attempts int) error {
	letter := Letter{
		Consumer: consumer, EventID: it.event.ID, Aggregate: it.key, Sequence: it.event.Sequence, Type: it.event.Type,
		Schema: it.event.Schema, Error: database.Storable(cause.Error(), math.MaxInt), Attempts: attempts, shard: it.shard, envelope: it.event.AppendEnvelope(nil),
	}
	err := tx.QueryRow(ctx, `INSERT INTO inbox_dead_letter
		(consumer, id, aggregate, sequence, shard, type, schema, envelope, error, attempts, failed_at, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)
		ON CONFLICT (consumer, id) DO UPDATE SET error = excluded.error, attempts = excluded.attempts,
			failed_at = excluded.failed_at, resolved_at = NULL, resolution = '', resolved_by = '', reason = '',
			told = inbox_dead_letter.told + 1
		RETURNING told`,
		consumer, letter.EventID, letter.Aggregate, letter.Sequence, letter.shard, letter.Type, letter.Schema,
		letter.envelope, letter.Error, letter.Attempts, time.Now()).Scan(&letter.told)
	if err != nil {
		return err
	}
	return tellDead(ctx, tx, letter)
}

// parkedRow is a row of inbox_parked.
type parkedRow struct {
	shard    int32
	envelope []byte
}

// readyParked reads parked events whose turn has come, with those of their aggregates that follow, in order. It is full when
// there may be more of them.
func readyParked(ctx context.Context, db *database.DB, consumer string, shards []int32) (found []parkedRow, full bool, err error) {
	// A blocked cursor is negative here, so that nothing is next.
	heads, err := db.Pool().Query(ctx, `SELECT k.shard, k.aggregate FROM (SELECT k.shard, k.aggregate, k.first, `+cursorOf+` AS reached
			FROM (SELECT shard, aggregate, min(sequence) AS first FROM inbox_parked
				WHERE consumer = $1 AND shard = ANY($2::INT8[]) GROUP BY shard, aggregate) AS k) AS k
		WHERE k.first <= COALESCE(k.reached, 0) + 1 AND k.shard = ANY($2::INT8[]) ORDER BY k.shard, k.aggregate LIMIT $3`, consumer, shards, parkedHeads)
	if err != nil {
		return nil, false, database.Fault(ctx, err)
	}
	ready, err := pgx.CollectRows(heads, func(row pgx.CollectableRow) (place, error) {
		var at place
		err := row.Scan(&at.shard, &at.key)
		return at, err
	})
	if err != nil || len(ready) == 0 {
		return nil, false, database.Fault(ctx, err)
	}
	full = len(ready) == parkedHeads
	for _, at := range ready {
		rows, err := db.Pool().Query(ctx, `SELECT shard, envelope FROM inbox_parked
			WHERE consumer = $1 AND shard = $2 AND aggregate = $3 ORDER BY sequence LIMIT $4`,
			consumer, at.shard, at.key, parkedChain)
		if err != nil {
			return nil, false, database.Fault(ctx, err)
		}
		chain, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (parkedRow, error) {
			var p parkedRow
			err := row.Scan(&p.shard, &p.envelope)
			return p, err
		})
		if err != nil {
			return nil, false, database.Fault(ctx, err)
		}
		found = append(found, chain...)
		full = full || len(chain) == parkedChain
	}
	return found, full, nil
}

const (
	// parkedHeads and parkedChain bound what one look at the parked events brings: aggregates, and events of each.
	parkedHeads = 64
	parkedChain = 64
)
