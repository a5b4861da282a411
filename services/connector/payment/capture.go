package payment

import (
	"context"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

// Capture implements the RPC of the same name.
func (s *Service) Capture(ctx context.Context, req *paymentv1.CaptureRequest) (*paymentv1.CaptureResponse, error) {
	keys := make([]string, 0, 2*len(req.GetCaptures()))
	for _, one := range req.GetCaptures() {
		keys = append(keys, one.GetKey(), one.GetAuthorizationKey())
	}
	outcomes, err := s.decide(ctx, "capture", keys, func(ledger *domain.Ledger) []domain.Outcome {
		outcomes := make([]domain.Outcome, 0, len(req.GetCaptures()))
		for _, one := range req.GetCaptures() {
			outcomes = append(outcomes, ledger.Capture(one.GetKey(), one.GetAuthorizationKey(), one.GetAmountMinor()))
		}
		return outcomes
	})
	return &paymentv1.CaptureResponse{Outcomes: outcomes}, err
}
