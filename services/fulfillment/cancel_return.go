package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// CancelReturn implements the RPC of the same name.
func (s *Service) CancelReturn(
	ctx context.Context, req *fulfillmentv1.CancelReturnRequest,
) (*fulfillmentv1.CancelReturnResponse, error) {
	command := domain.EndReturn{ID: returnID(req.GetReturnId()), To: domain.ReturnCancelled, Reason: req.GetReason()}
	return changeReturn(ctx, s, "cancel_return", req, always(command), func(r *fulfillmentv1.Return) *fulfillmentv1.CancelReturnResponse {
		return &fulfillmentv1.CancelReturnResponse{ReturnDocument: r}
	})
}
