package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// DeclineReturn implements the RPC of the same name.
func (s *Service) DeclineReturn(
	ctx context.Context, req *fulfillmentv1.DeclineReturnRequest,
) (*fulfillmentv1.DeclineReturnResponse, error) {
	command := domain.EndReturn{ID: returnID(req.GetReturnId()), To: domain.ReturnDeclined, Reason: req.GetReason()}
	return changeReturn(ctx, s, "decline_return", req, always(command), func(r *fulfillmentv1.Return) *fulfillmentv1.DeclineReturnResponse {
		return &fulfillmentv1.DeclineReturnResponse{ReturnDocument: r}
	})
}
