package payment

import (
	"context"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

// Refund implements the RPC of the same name.
func (s *Service) Refund(ctx context.Context, req *paymentv1.RefundRequest) (*paymentv1.RefundResponse, error) {
	keys := make([]string, 0, 2*len(req.GetRefunds()))
	for _, one := range req.GetRefunds() {
		keys = append(keys, one.GetKey(), one.GetCaptureKey())
	}
	outcomes, err := s.decide(ctx, "refund", keys, func(ledger *domain.Ledger) []domain.Outcome {
		outcomes := make([]domain.Outcome, 0, len(req.GetRefunds()))
		for _, one := range req.GetRefunds() {
			outcomes = append(outcomes, ledger.Refund(one.GetKey(), one.GetCaptureKey(), one.GetAmountMinor()))
		}
		return outcomes
	})
	return &paymentv1.RefundResponse{Outcomes: outcomes}, err
}
