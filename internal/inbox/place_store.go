package inbox

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
)

// loadPlace reads up to where a consumer is known to have acknowledged the events of a stream in a shard.
func loadPlace(ctx context.Context, db *database.DB, consumer, stream string, shard int32) (bus.Place, error) {
	var place bus.Place
	var sequence int64
	err := db.Pool().QueryRow(ctx, `SELECT stream_started, subjects, sequence FROM inbox_place
		WHERE consumer = $1 AND stream = $2 AND shard = $3`, consumer, stream, shard).Scan(&place.Stream, &place.Subjects, &sequence)
	if database.NoRows(err) {
		return bus.Place{}, nil
	}
	place.Stream, place.Sequence = place.Stream.UTC(), uint64(sequence)
	return place, database.Fault(ctx, err)
}

// savePlaces stores up to where events have been acknowledged. A replica that is late may store less than another has: more
// comes again then, and nothing is missed.
func savePlaces(ctx context.Context, db *database.DB, consumer string, places map[source]bus.Place) error {
	var streams, subjects []string
	var shards []int32
	var starts []time.Time
	var sequences []int64
	for from, place := range places {
		streams, shards = append(streams, from.stream), append(shards, from.shard)
		starts, subjects = append(starts, place.Stream), append(subjects, place.Subjects)
		sequences = append(sequences, int64(place.Sequence))
	}
	_, err := database.Tx(ctx, db, "inbox_places", func(tx database.Transaction) (struct{}, error) {
		_, err := tx.Exec(ctx, `INSERT INTO inbox_place (consumer, stream, shard, stream_started, subjects, sequence)
			SELECT $1::TEXT, unnest($2::TEXT[]), unnest($3::INT8[]), unnest($4::TIMESTAMPTZ[]), unnest($5::TEXT[]), unnest($6::INT8[])
			ON CONFLICT (consumer, stream, shard) DO UPDATE SET stream_started = excluded.stream_started,
				subjects = excluded.subjects, sequence = excluded.sequence`,
			consumer, streams, shards, starts, subjects, sequences)
		return struct{}{}, err
	})
	return err
}
