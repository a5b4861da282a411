package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// CreateFulfillment implements the RPC of the same name.
func (s *Service) CreateFulfillment(
	ctx context.Context, req *fulfillmentv1.CreateFulfillmentRequest,
) (*fulfillmentv1.CreateFulfillmentResponse, error) {
	outcomes, err := s.do(ctx, convertAll(req.GetFulfillments(), createFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.CreateFulfillmentResponse{
		Outcomes: convertAll(outcomes, func(outcome domain.Outcome) *fulfillmentv1.FulfillmentOutcome {
			if outcome.Refusal != nil {
				return &fulfillmentv1.FulfillmentOutcome{
					Outcome: &fulfillmentv1.FulfillmentOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)},
				}
			}
			return &fulfillmentv1.FulfillmentOutcome{
				Outcome: &fulfillmentv1.FulfillmentOutcome_FulfillmentId{FulfillmentId: id.Format(id.Fulfillment, outcome.ID)},
			}
		}),
	}, nil
}
