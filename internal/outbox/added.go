package outbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Notice is something that stands in the outbox, to be told.
type Notice struct {
	// ID is that of the row: of the event, or of the set of states, which are several notices.
	ID uuid.UUID
	// Type is the event's; Aggregate what it is about: the kind of aggregate, a slash, its id.
	Type, Aggregate string
}

// Added gives what stands in the outbox with an id from the given one on, as the transaction sees it, its own writes included:
// events in the order of their ids, then states.
func Added(ctx context.Context, tx database.Transaction, from uuid.UUID) ([]Notice, error) {
	events, err := addedEvents(ctx, tx, from)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	states, err := addedStates(ctx, tx, from)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return append(events, states...), nil
}

func addedEvents(ctx context.Context, tx database.Transaction, from uuid.UUID) ([]Notice, error) {
	rows, err := tx.Query(ctx, `SELECT id, envelope FROM outbox WHERE shard = ANY($1::INT8[]) AND id >= $2 ORDER BY id`, everyShard(), from)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Notice, error) {
		var one Notice
		var envelope []byte
		if err := row.Scan(&one.ID, &envelope); err != nil {
			return one, err
		}
		event, err := bus.ParseEnvelope(envelope)
		one.Type, one.Aggregate = event.Type, event.Kind()+"/"+event.Aggregate
		return one, err
	})
}

func addedStates(ctx context.Context, tx database.Transaction, from uuid.UUID) ([]Notice, error) {
	rows, err := tx.Query(ctx, `SELECT id, event, keys FROM outbox_state WHERE shard = ANY($1::INT8[]) AND id >= $2 ORDER BY id`, everyShard(), from)
	if err != nil {
		return nil, err
	}
	var notices []Notice
	var row uuid.UUID
	var event string
	var keys []string
	_, err = pgx.ForEachRow(rows, []any{&row, &event, &keys}, func() error {
		entry, err := entryOf(protoreflect.FullName(event))
		if err != nil {
			return err
		}
		for _, key := range keys {
			decoded, err := decodeKey(key)
			if err != nil {
				return err
			}
			notices = append(notices, Notice{ID: row, Type: entry.Type, Aggregate: entry.Kind() + "/" + strings.Join(decoded.Parts, "/")})
		}
		return nil
	})
	return notices, err
}

// everyShard lets the look-up go by the primary key, whose first column is the shard.
func everyShard() []int32 {
	shards := make([]int32, 0, shard.Count)
	for number := range int32(shard.Count) {
		shards = append(shards, number)
	}
	return shards
}
