package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
)

// FindRebuild gives the rebuild with a key: what it was asked with, and what came of it; an outcome only when it has ended.
func FindRebuild(ctx context.Context, tx database.Transaction, key string) (hash, outcome []byte, found bool, err error) {
	rows, err := New(tx).FindRebuild(ctx, key)
	if err != nil || len(rows) == 0 {
		return nil, nil, false, err
	}
	if rows[0].FinishedAt.Valid {
		outcome = rows[0].Outcome
	}
	return rows[0].ContentHash, outcome, true, nil
}

// BeginRebuild notes that a rebuild begins.
func BeginRebuild(ctx context.Context, tx database.Transaction, key string, hash []byte, actor, reason string, at time.Time) error {
	err := New(tx).BeginRebuild(ctx, BeginRebuildParams{RequestKey: key, ContentHash: hash, Actor: actor, Reason: reason, StartedAt: at})
	if err != nil {
		return fmt.Errorf("begin rebuild: %w", err)
	}
	return nil
}

// EndRebuild notes what came of a rebuild.
func EndRebuild(ctx context.Context, tx database.Transaction, key string, outcome []byte, at time.Time) error {
	err := New(tx).EndRebuild(ctx, EndRebuildParams{
		RequestKey: key, Outcome: outcome, FinishedAt: pgtype.Timestamptz{Time: at, Valid: true},
	})
	if err != nil {
		return fmt.Errorf("end rebuild: %w", err)
	}
	return nil
}

// MendAwaited puts right which shipments left and which are invoiced, each named once, and says how many were missing or wrong.
// Those for whose exceptions told stands were told of.
func MendAwaited(ctx context.Context, tx database.Transaction, left, issued []Awaited, told []string) (int64, error) {
	queries := New(tx)
	var mended int64
	if len(left) > 0 {
		var p MendAwaitedParams
		for _, s := range left {
			p.ShipmentIds, p.OrderIds = append(p.ShipmentIds, s.Shipment), append(p.OrderIds, s.Order)
			p.NodeIds, p.ShippedAts = append(p.NodeIds, s.Node), append(p.ShippedAts, s.ShippedAt)
		}
		rows, err := queries.MendAwaited(ctx, p)
		if err != nil {
			return 0, fmt.Errorf("mend awaited: %w", err)
		}
		mended += rows
	}
	if len(issued) > 0 {
		var p MendIssuedParams
		for _, s := range issued {
			p.ShipmentIds, p.OrderIds = append(p.ShipmentIds, s.Shipment), append(p.OrderIds, s.Order)
		}
		rows, err := queries.MendIssued(ctx, p)
		if err != nil {
			return 0, fmt.Errorf("mend issued: %w", err)
		}
		mended += rows
	}
	if len(told) > 0 {
		if _, err := queries.MendTold(ctx, told); err != nil {
			return 0, fmt.Errorf("mend told: %w", err)
		}
	}
	return mended, nil
}

// keysPage is how many keys are read at a time.
const keysPage = 1000

// OpenKeys gives the keys of all exceptions that are open.
func OpenKeys(ctx context.Context, db DBTX) ([]string, error) {
	var keys []string
	for after := ""; ; {
		page, err := New(db).ListOpenKeys(ctx, ListOpenKeysParams{After: after, PageLimit: keysPage})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		keys = append(keys, page...)
		if len(page) < keysPage {
			return keys, nil
		}
		after = page[len(page)-1]
	}
}
