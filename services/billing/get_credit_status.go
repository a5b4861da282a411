package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetCreditStatus implements the RPC of the same name. Accounts belong to no partner, so a partner finds none.
func (s *Service) GetCreditStatus(ctx context.Context, req *billingv1.GetCreditStatusRequest) (*billingv1.GetCreditStatusResponse, error) {
	notFound := fault.New(fault.NotFound, "ACCOUNT_NOT_FOUND", "there is no account %q", req.GetAccountId())
	if rpc.IdentityFrom(ctx).Partner != "" {
		return nil, notFound
	}
	credit, err := store.CreditOf(ctx, s.db.Pool(), req.GetAccountId())
	if err != nil {
		return nil, err
	}
	if credit == nil {
		return nil, notFound
	}
	return &billingv1.GetCreditStatusResponse{Status: creditToProto(credit)}, nil
}
