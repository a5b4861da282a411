package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// AuthorizeReturn implements the RPC of the same name.
func (s *Service) AuthorizeReturn(
	ctx context.Context, req *fulfillmentv1.AuthorizeReturnRequest,
) (*fulfillmentv1.AuthorizeReturnResponse, error) {
	command := authorizeReturnFromProto(req)
	return changeReturn(ctx, s, "authorize_return", req, command, func(r *fulfillmentv1.Return) *fulfillmentv1.AuthorizeReturnResponse {
		return &fulfillmentv1.AuthorizeReturnResponse{ReturnDocument: r}
	})
}
