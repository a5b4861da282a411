package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ListPaymentIntents implements the RPC of the same name. The token is the id of the last one of the page.
func (s *Service) ListPaymentIntents(
	ctx context.Context, req *billingv1.ListPaymentIntentsRequest,
) (*billingv1.ListPaymentIntentsResponse, error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	order, err := optionalID(id.Order, req.GetOrderId(), "order_id")
	if err != nil {
		return nil, err
	}
	if rpc.IdentityFrom(ctx).Partner != "" {
		return &billingv1.ListPaymentIntentsResponse{}, nil
	}
	size := pageSize(req.GetPageSize())
	intents, err := store.IntentsBefore(ctx, s.db.Pool(), req.GetAccountId(), order, before, size+1)
	if err != nil {
		return nil, err
	}
	reply := &billingv1.ListPaymentIntentsResponse{}
	reply.PaymentIntents, reply.NextPageToken = rpc.Page(intents, size, intentToProto, func(last *domain.Intent) string { return rpc.IDToken(last.ID) })
	return reply, nil
}
