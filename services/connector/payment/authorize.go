package payment

import (
	"context"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

// Authorize implements the RPC of the same name.
func (s *Service) Authorize(ctx context.Context, req *paymentv1.AuthorizeRequest) (*paymentv1.AuthorizeResponse, error) {
	keys := make([]string, 0, len(req.GetAuthorizations()))
	for _, one := range req.GetAuthorizations() {
		keys = append(keys, one.GetKey())
	}
	outcomes, err := s.decide(ctx, "authorize", keys, func(ledger *domain.Ledger) []domain.Outcome {
		outcomes := make([]domain.Outcome, 0, len(keys))
		for _, one := range req.GetAuthorizations() {
			outcomes = append(outcomes, ledger.Authorize(authorizationFromProto(one)))
		}
		return outcomes
	})
	return &paymentv1.AuthorizeResponse{Outcomes: outcomes}, err
}
