package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// CancelFulfillment implements the RPC of the same name.
func (s *Service) CancelFulfillment(
	ctx context.Context, req *fulfillmentv1.CancelFulfillmentRequest,
) (*fulfillmentv1.CancelFulfillmentResponse, error) {
	outcomes, err := s.do(ctx, convertAll(req.GetCancellations(), cancelFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.CancelFulfillmentResponse{
		States: convertAll(outcomes, func(outcome domain.Outcome) fulfillmentv1.FulfillmentState {
			return stateToProto(outcome.Stage, outcome.Stop)
		}),
	}, nil
}
