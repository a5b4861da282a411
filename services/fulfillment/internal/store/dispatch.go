package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// Errand is something that a warehouse has to be told.
type Errand struct {
	Kind string
	// Attempt counts the calls that were begun, this one among them.
	Attempt     int64
	Fulfillment *domain.Fulfillment
}

// ClaimErrands takes what is due in the shards, the oldest first, and notes that the warehouse may know of it from now on.
// Rows that were due before lower are not looked for.
func ClaimErrands(
	ctx context.Context, tx database.Transaction, leases shard.Leases, lower, now time.Time, limit int,
) ([]Errand, error) {
	if err := leases.Check(ctx, tx); err != nil {
		return nil, err
	}
	queries := New(tx)
	due := LockDueParams{Shards: shard.Wide(leases.Shards()), Lower: lower, Now: now, PageLimit: int32(limit)}
	rows, err := queries.LockDue(ctx, due)
	if err != nil || len(rows) == 0 {
		return nil, database.Fault(ctx, err)
	}
	ids := make([]uuid.UUID, 0, len(rows))
	byKind := make(map[string][]uuid.UUID, 2)
	for _, row := range rows {
		ids = append(ids, row.FulfillmentID)
		byKind[row.Kind] = append(byKind[row.Kind], row.FulfillmentID)
	}
	for kind, claimed := range byKind {
		if err := queries.CountAttempts(ctx, CountAttemptsParams{Ids: claimed, Kind: kind}); err != nil {
			return nil, database.Fault(ctx, err)
		}
	}
	found, err := FindFulfillments(ctx, tx, unique(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]*domain.Fulfillment, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	errands := make([]Errand, 0, len(rows))
	for _, row := range rows {
		if f := byID[row.FulfillmentID]; f != nil {
			errands = append(errands, Errand{Kind: row.Kind, Attempt: row.Attempt + 1, Fulfillment: f})
		}
	}
	return errands, nil
}

// EndErrands removes what the warehouse was told, or need not be told any more.
func EndErrands(ctx context.Context, tx database.Transaction, errands []Errand) error {
	for kind, ids := range idsByKind(errands) {
		if err := New(tx).DeleteDispatch(ctx, DeleteDispatchParams{Ids: ids, Kind: kind}); err != nil {
			return database.Fault(ctx, err)
		}
	}
	return nil
}

// PostponeErrands sets when to try again.
func PostponeErrands(ctx context.Context, tx database.Transaction, errands []Errand, dueAt func(attempt int64) time.Time) error {
	byKind := make(map[string]*PostponeDispatchParams, 2)
	for _, errand := range errands {
		set := byKind[errand.Kind]
		if set == nil {
			set = &PostponeDispatchParams{Kind: errand.Kind}
			byKind[errand.Kind] = set
		}
		set.Ids = append(set.Ids, errand.Fulfillment.ID)
		set.DueAts = append(set.DueAts, dueAt(errand.Attempt))
	}
	for _, set := range byKind {
		if err := New(tx).PostponeDispatch(ctx, *set); err != nil {
			return database.Fault(ctx, err)
		}
	}
	return nil
}

func idsByKind(errands []Errand) map[string][]uuid.UUID {
	byKind := make(map[string][]uuid.UUID, 2)
	for _, errand := range errands {
		byKind[errand.Kind] = append(byKind[errand.Kind], errand.Fulfillment.ID)
	}
	return byKind
}
