package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// FindLapsed gives at most limit returns in the shards whose time is over.
func FindLapsed(ctx context.Context, db DBTX, leases shard.Leases, today string, limit int) ([]uuid.UUID, error) {
	set := FindLapsedParams{Shards: shard.Wide(leases.Shards()), Today: today, PageLimit: int32(limit)}
	ids, err := New(db).FindLapsed(ctx, set)
	return ids, database.Fault(ctx, err)
}

// FindReturn is nil when there is none.
func FindReturn(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Return, error) {
	row, err := New(db).GetReturn(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, database.Fault(ctx, err)
	}
	return toReturn(row)
}

// ReturnFilter says which returns are wanted; an empty field wants all.
type ReturnFilter struct {
	PartnerID, OrderID, AccountID, State, RMA string
	// Blind: only those of which something came without having been authorised.
	Blind bool
}

// ListReturnsBefore loads at most limit returns with smaller ids than before, the newest first.
func ListReturnsBefore(ctx context.Context, db DBTX, filter ReturnFilter, before uuid.UUID, limit int) ([]*domain.Return, error) {
	rows, err := listReturnRows(ctx, New(db), filter, before, int32(limit))
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return convertAll(rows, toReturn)
}

func listReturnRows(ctx context.Context, queries *Queries, filter ReturnFilter, before uuid.UUID, limit int32) ([]CustomerReturn, error) {
	switch {
	case filter.PartnerID != "":
		return queries.ListReturnsOfPartner(ctx, ListReturnsOfPartnerParams{
			PartnerID: filter.PartnerID, Before: before, OrderID: filter.OrderID, AccountID: filter.AccountID, State: filter.State,
			RmaNumber: filter.RMA, BlindOnly: filter.Blind, PageLimit: limit,
		})
	case filter.OrderID != "":
		return queries.ListReturnsOfOrder(ctx, ListReturnsOfOrderParams{
			OrderID: filter.OrderID, Before: before, AccountID: filter.AccountID, State: filter.State, RmaNumber: filter.RMA,
			BlindOnly: filter.Blind, PageLimit: limit,
		})
	}
	return queries.ListReturns(ctx, ListReturnsParams{
		Before: before, AccountID: filter.AccountID, State: filter.State, RmaNumber: filter.RMA, BlindOnly: filter.Blind, PageLimit: limit,
	})
}
