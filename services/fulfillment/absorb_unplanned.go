package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// AbsorbUnplanned implements the RPC of the same name.
func (s *Service) AbsorbUnplanned(
	ctx context.Context, req *fulfillmentv1.AbsorbUnplannedRequest,
) (*fulfillmentv1.AbsorbUnplannedResponse, error) {
	found, err := s.visibleShipment(ctx, req.GetShipmentId())
	if err != nil {
		return nil, err
	}
	command, err := absorbFromProto(req, found)
	if err != nil {
		return nil, err
	}
	return onceFor(ctx, s, "absorb_unplanned", req, func(tx database.Transaction) (*domain.Shipment, error) {
		outcomes, err := decide(ctx, tx, []domain.Command{command}, s.now())
		if err != nil {
			return nil, err
		}
		if refusal := outcomes[0].Refusal; refusal != nil {
			return nil, refusal
		}
		return store.FindShipment(ctx, tx, outcomes[0].ID)
	}, func(made *domain.Shipment) *fulfillmentv1.AbsorbUnplannedResponse {
		return &fulfillmentv1.AbsorbUnplannedResponse{Shipment: shipmentToProto(made)}
	})
}
