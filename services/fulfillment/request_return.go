package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// scopeAuthorizeReturns lets a partner decide returns itself.
const scopeAuthorizeReturns = "returns.authorize"

// RequestReturn implements the RPC of the same name.
func (s *Service) RequestReturn(
	ctx context.Context, req *fulfillmentv1.RequestReturnRequest,
) (*fulfillmentv1.RequestReturnResponse, error) {
	partner, err := partnerOf(ctx, req.GetPartnerId(), "partner_id")
	if err != nil {
		return nil, err
	}
	caller := rpc.IdentityFrom(ctx)
	command := requestReturnFromProto(req)
	command.PartnerID, command.Caller = partner, caller.Partner
	command.MayAuthorize = caller.Allows(scopeAuthorizeReturns)
	command.Hash = idempotency.Hash(req)
	return onceFor(ctx, s, "request_return", req, func(tx database.Transaction) (*domain.Return, error) {
		return s.oneReturn(ctx, tx, command)
	}, func(r *domain.Return) *fulfillmentv1.RequestReturnResponse {
		return &fulfillmentv1.RequestReturnResponse{ReturnDocument: returnToProto(r)}
	})
}
