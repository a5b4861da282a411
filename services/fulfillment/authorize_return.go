package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// AuthorizeReturn implements the RPC of the same name.
func (s *Service) AuthorizeReturn(
	ctx context.Context, req *fulfillmentv1.AuthorizeReturnRequest,
) (*fulfillmentv1.AuthorizeReturnResponse, error) {
	read := func(r *domain.Return) (domain.ReturnCommand, error) { return authorizeReturnFromProto(req, r) }
	return changeReturn(ctx, s, "authorize_return", req, read, func(r *fulfillmentv1.Return) *fulfillmentv1.AuthorizeReturnResponse {
		return &fulfillmentv1.AuthorizeReturnResponse{ReturnDocument: r}
	})
}
