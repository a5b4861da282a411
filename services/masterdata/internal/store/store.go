// Package store keeps master data in tables. Sets go in and come out; nothing here decides.
package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// byKey makes the map in which a set is looked up.
func byKey[T interface{ Key() string }](entities []T) map[string]T {
	found := make(map[string]T, len(entities))
	for _, entity := range entities {
		found[entity.Key()] = entity
	}
	return found
}

// encodeJSON writes a list for a JSONB column; sets of JSONB travel as text.
func encodeJSON[T any](list []T) (string, error) {
	if list == nil {
		list = []T{}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode list: %w", err)
	}
	return string(text), nil
}

func decodeJSON[T any](text []byte) ([]T, error) {
	var list []T
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("decode list: %w", err)
	}
	return list, nil
}

// convertAll converts rows one by one and stops at the first that cannot be.
func convertAll[From, To any](rows []From, convert func(From) (To, error)) ([]To, error) {
	converted := make([]To, 0, len(rows))
	for _, row := range rows {
		next, err := convert(row)
		if err != nil {
			return nil, err
		}
		converted = append(converted, next)
	}
	return converted, nil
}

func version(number int64, updatedAt time.Time) domain.Version {
	return domain.Version{Number: number, UpdatedAt: updatedAt}
}
