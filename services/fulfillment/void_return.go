package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// VoidReturn implements the RPC of the same name.
func (s *Service) VoidReturn(
	ctx context.Context, req *fulfillmentv1.VoidReturnRequest,
) (*fulfillmentv1.VoidReturnResponse, error) {
	read := func(r *domain.Return) (domain.ReturnCommand, error) { return voidReturnFromProto(req, r) }
	return changeReturn(ctx, s, "void_return", req, read, func(r *fulfillmentv1.Return) *fulfillmentv1.VoidReturnResponse {
		return &fulfillmentv1.VoidReturnResponse{ReturnDocument: r}
	})
}
