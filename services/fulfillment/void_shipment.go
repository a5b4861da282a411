package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// VoidShipment implements the RPC of the same name.
func (s *Service) VoidShipment(
	ctx context.Context, req *fulfillmentv1.VoidShipmentRequest,
) (*fulfillmentv1.VoidShipmentResponse, error) {
	found, err := s.visibleShipment(ctx, req.GetShipmentId())
	if err != nil {
		return nil, err
	}
	outcomes, err := s.do(ctx, []domain.Command{domain.Void{Ref: domain.ShipmentRef{ID: found.ID}, Reason: req.GetReason()}})
	switch {
	case err != nil:
		return nil, err
	case outcomes[0].Refusal != nil:
		return nil, outcomes[0].Refusal
	}
	found, err = s.findShipment(ctx, req.GetShipmentId())
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.VoidShipmentResponse{Shipment: shipmentToProto(found)}, nil
}
