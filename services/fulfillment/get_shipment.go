package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// GetShipment implements the RPC of the same name. What belongs to another partner is not there.
func (s *Service) GetShipment(
	ctx context.Context, req *fulfillmentv1.GetShipmentRequest,
) (*fulfillmentv1.GetShipmentResponse, error) {
	found, err := s.visibleShipment(ctx, req.GetShipmentId())
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.GetShipmentResponse{Shipment: shipmentToProto(found)}, nil
}

// visibleShipment finds a shipment that the caller may see.
func (s *Service) visibleShipment(ctx context.Context, text string) (*domain.Shipment, error) {
	found, err := s.findShipment(ctx, text)
	if err != nil {
		return nil, err
	}
	if found == nil || !visible(ctx, found.PartnerID) {
		return nil, fault.New(fault.NotFound, "SHIPMENT_NOT_FOUND", "there is no shipment %q", text)
	}
	return found, nil
}

// findShipment is nil when there is none of that id.
func (s *Service) findShipment(ctx context.Context, text string) (*domain.Shipment, error) {
	return findShipmentIn(ctx, s.db.Pool(), text)
}

func findShipmentIn(ctx context.Context, db store.DBTX, text string) (*domain.Shipment, error) {
	parsed, err := id.Parse(id.Shipment, text)
	if err != nil {
		return nil, nil //nolint:nilerr // an id that cannot be ours is one that nobody knows
	}
	return store.FindShipment(ctx, db, parsed)
}
