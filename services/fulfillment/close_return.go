package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// CloseReturn implements the RPC of the same name.
func (s *Service) CloseReturn(
	ctx context.Context, req *fulfillmentv1.CloseReturnRequest,
) (*fulfillmentv1.CloseReturnResponse, error) {
	command := domain.EndReturn{ID: returnID(req.GetReturnId()), To: domain.ReturnClosed, Reason: req.GetReason()}
	return changeReturn(ctx, s, "close_return", req, always(command), func(r *fulfillmentv1.Return) *fulfillmentv1.CloseReturnResponse {
		return &fulfillmentv1.CloseReturnResponse{ReturnDocument: r}
	})
}
