package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// FindFulfillment is nil when there is none.
func FindFulfillment(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Fulfillment, error) {
	found, err := FindFulfillments(ctx, db, []uuid.UUID{id})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// FindFulfillments loads those of the orders that exist, in any order, without locking them.
func FindFulfillments(ctx context.Context, db DBTX, ids []uuid.UUID) ([]*domain.Fulfillment, error) {
	rows, err := New(db).FindFulfillments(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return convertAll(rows, toFulfillment)
}

// FindShipment is nil when there is none.
func FindShipment(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Shipment, error) {
	row, err := New(db).GetShipment(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, database.Fault(ctx, err)
	}
	return toShipment(row)
}

// ShipmentFilter says which shipments are wanted; an empty field wants all.
type ShipmentFilter struct{ PartnerID, OrderID string }

// ListShipmentsBefore loads at most limit shipments with smaller ids than before, the newest first.
func ListShipmentsBefore(ctx context.Context, db DBTX, filter ShipmentFilter, before uuid.UUID, limit int) ([]*domain.Shipment, error) {
	rows, err := listShipmentRows(ctx, New(db), filter, before, int32(limit))
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return convertAll(rows, toShipment)
}

func listShipmentRows(ctx context.Context, queries *Queries, filter ShipmentFilter, before uuid.UUID, limit int32) ([]Shipment, error) {
	switch {
	case filter.OrderID != "" && filter.PartnerID != "":
		return queries.ListShipmentsOfPartnersOrder(ctx, ListShipmentsOfPartnersOrderParams{
			OrderID: filter.OrderID, PartnerID: filter.PartnerID, Before: before, PageLimit: limit,
		})
	case filter.OrderID != "":
		return queries.ListShipmentsOfOrder(ctx, ListShipmentsOfOrderParams{
			OrderID: filter.OrderID, Before: before, PageLimit: limit,
		})
	case filter.PartnerID != "":
		return queries.ListShipmentsOfPartner(ctx, ListShipmentsOfPartnerParams{
			PartnerID: filter.PartnerID, Before: before, PageLimit: limit,
		})
	}
	return queries.ListShipments(ctx, ListShipmentsParams{Before: before, PageLimit: limit})
}
