package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ListReturns implements the RPC of the same name. The token is the id of the last return of the page. A partner sees its
// own returns.
func (s *Service) ListReturns(
	ctx context.Context, req *fulfillmentv1.ListReturnsRequest,
) (*fulfillmentv1.ListReturnsResponse, error) {
	filter := store.ReturnFilter{
		PartnerID: rpc.IdentityFrom(ctx).Partner, OrderID: req.GetOrderId(), AccountID: req.GetAccountId(),
		State: stored(returnStates, req.GetState()), RMA: req.GetRmaNumber(), Blind: req.GetBlind(),
	}
	returns, token, err := page(req, func(before uuid.UUID, limit int) ([]*domain.Return, error) {
		return store.ListReturnsBefore(ctx, s.db.Pool(), filter, before, limit)
	}, func(r *domain.Return) uuid.UUID { return r.ID })
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.ListReturnsResponse{Returns: convertAll(returns, returnToProto), NextPageToken: token}, nil
}
