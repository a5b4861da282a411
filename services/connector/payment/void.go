package payment

import (
	"context"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

// Void implements the RPC of the same name.
func (s *Service) Void(ctx context.Context, req *paymentv1.VoidRequest) (*paymentv1.VoidResponse, error) {
	keys := req.GetAuthorizationKeys()
	outcomes, err := s.decide(ctx, "void", keys, func(ledger *domain.Ledger) []domain.Outcome {
		outcomes := make([]domain.Outcome, 0, len(keys))
		for _, key := range keys {
			outcomes = append(outcomes, ledger.Void(key))
		}
		return outcomes
	})
	return &paymentv1.VoidResponse{Outcomes: outcomes}, err
}
