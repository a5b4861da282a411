package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// RecordShipment implements the RPC of the same name.
func (s *Service) RecordShipment(
	ctx context.Context, req *fulfillmentv1.RecordShipmentRequest,
) (*fulfillmentv1.RecordShipmentResponse, error) {
	outcomes, err := s.do(ctx, convertAll(req.GetShipments(), shipFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordShipmentResponse{
		Outcomes: convertAll(outcomes, func(outcome domain.Outcome) *fulfillmentv1.ShipmentOutcome {
			if outcome.Refusal != nil {
				return &fulfillmentv1.ShipmentOutcome{
					Outcome: &fulfillmentv1.ShipmentOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)},
				}
			}
			return &fulfillmentv1.ShipmentOutcome{
				Outcome: &fulfillmentv1.ShipmentOutcome_ShipmentId{ShipmentId: id.Format(id.Shipment, outcome.ID)},
			}
		}),
	}, nil
}
