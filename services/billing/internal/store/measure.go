package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/shard"
)

// Uninvoiced is what a legal entity has shipped in a currency and not invoiced.
type Uninvoiced struct {
	LegalEntity, Currency string
	Invoices, NetMinor    int64
	// Oldest is when the first of its shipments was taken in.
	Oldest time.Time
}

// MeasureUninvoiced gives what the shards have shipped and not invoiced.
func MeasureUninvoiced(ctx context.Context, db DBTX, shards []int32) ([]Uninvoiced, error) {
	rows, err := New(db).MeasureUninvoiced(ctx, shard.Wide(shards))
	if err != nil {
		return nil, fmt.Errorf("measure what is not invoiced: %w", err)
	}
	found := make([]Uninvoiced, len(rows))
	for i, row := range rows {
		first, err := uuid.Parse(row.Oldest)
		if err != nil {
			return nil, fmt.Errorf("invoice id: %w", err)
		}
		seconds, nanos := first.Time().UnixTime()
		found[i] = Uninvoiced{
			LegalEntity: row.LegalEntity, Currency: row.CurrencyCode, Invoices: row.Invoices, NetMinor: row.NetMinor,
			Oldest: time.Unix(seconds, nanos),
		}
	}
	return found, nil
}
