package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ListPayments implements the RPC of the same name. The token is the id of the last payment of the page.
func (s *Service) ListPayments(ctx context.Context, req *billingv1.ListPaymentsRequest) (*billingv1.ListPaymentsResponse, error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	if rpc.IdentityFrom(ctx).Partner != "" {
		return &billingv1.ListPaymentsResponse{}, nil
	}
	size := pageSize(req.GetPageSize())
	payments, err := store.PaymentsBefore(ctx, s.db.Pool(), req.GetAccountId(), req.GetUnappliedOnly(), before, size+1)
	if err != nil {
		return nil, err
	}
	reply := &billingv1.ListPaymentsResponse{}
	reply.Payments, reply.NextPageToken = rpc.Page(payments, size, paymentToProto, func(last *domain.Payment) string { return rpc.IDToken(last.ID) })
	return reply, nil
}
