package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// ShipReturn implements the RPC of the same name.
func (s *Service) ShipReturn(
	ctx context.Context, req *fulfillmentv1.ShipReturnRequest,
) (*fulfillmentv1.ShipReturnResponse, error) {
	command := domain.ShipReturn{ID: returnID(req.GetReturnId()), Carrier: req.GetCarrier(), Tracking: req.GetTrackingNumber()}
	return changeReturn(ctx, s, "ship_return", req, always(command), func(r *fulfillmentv1.Return) *fulfillmentv1.ShipReturnResponse {
		return &fulfillmentv1.ShipReturnResponse{ReturnDocument: r}
	})
}
