package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordShipment implements the RPC of the same name.
func (s *Service) RecordShipment(
	ctx context.Context, req *fulfillmentv1.RecordShipmentRequest,
) (*fulfillmentv1.RecordShipmentResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedShipment, req.GetShipments(), shipFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordShipmentResponse{Outcomes: convertAll(outcomes, shipmentOutcomeToProto)}, nil
}
