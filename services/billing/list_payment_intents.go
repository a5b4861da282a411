package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
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
	more := len(intents) > size
	if more {
		intents = intents[:size]
	}
	page := convertAll(intents, intentToProto)
	fit := rpc.FitPage(page)
	reply := &billingv1.ListPaymentIntentsResponse{PaymentIntents: page[:fit]}
	if more || fit < len(page) {
		reply.NextPageToken = rpc.IDToken(intents[fit-1].ID)
	}
	return reply, nil
}
