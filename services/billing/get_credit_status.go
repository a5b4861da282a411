package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetCreditStatus implements the RPC of the same name. Accounts belong to no partner, so a partner finds none.
func (s *Service) GetCreditStatus(ctx context.Context, req *billingv1.GetCreditStatusRequest) (*billingv1.GetCreditStatusResponse, error) {
	credit, err := s.creditFor(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	if err := store.FillOldestDue(ctx, s.db.Pool(), []*domain.Credit{credit}, s.today()); err != nil {
		return nil, err
	}
	return &billingv1.GetCreditStatusResponse{Status: creditToProto(credit)}, nil
}
