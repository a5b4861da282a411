// Package store keeps master data in tables. Sets go in and come out; nothing here decides.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// found turns the rows of a query into entities.
func found[Row, T any](ctx context.Context, rows []Row, err error, convert func(Row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	converted := make([]T, 0, len(rows))
	for _, row := range rows {
		next, err := convert(row)
		if err != nil {
			return nil, err
		}
		converted = append(converted, next)
	}
	return converted, nil
}

// foundByKey turns the rows of a query into the map in which a set is looked up.
func foundByKey[Row any, T interface{ Key() string }](
	ctx context.Context, rows []Row, err error, convert func(Row) (T, error),
) (map[string]T, error) {
	entities, err := found(ctx, rows, err, convert)
	return byKey(entities), err
}

func byKey[T interface{ Key() string }](entities []T) map[string]T {
	found := make(map[string]T, len(entities))
	for _, entity := range entities {
		found[entity.Key()] = entity
	}
	return found
}

// writer writes values for JSONB columns; sets of JSONB travel as text. It keeps the first error.
type writer struct{ err error }

func (w *writer) write(value any) string {
	text, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("encode %T: %w", value, err)
	}
	return string(text)
}

// list writes a list, which is never null.
func list[T any](w *writer, values []T) string {
	if values == nil {
		values = []T{}
	}
	return w.write(values)
}

// reader reads JSONB columns. It keeps the first error.
type reader struct{ err error }

func (r *reader) read(text []byte, into any) {
	if err := json.Unmarshal(text, into); err != nil && r.err == nil {
		r.err = fmt.Errorf("decode %T: %w", into, err)
	}
}

func version(number int64, updatedAt time.Time) domain.Version {
	return domain.Version{Number: number, UpdatedAt: updatedAt}
}
