package payment

import (
	"context"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/store"
)

// Query implements the RPC of the same name.
func (s *Service) Query(ctx context.Context, req *paymentv1.QueryRequest) (*paymentv1.QueryResponse, error) {
	operations, err := store.Find(ctx, s.db.Pool(), req.GetKeys())
	if err != nil {
		return nil, err
	}
	ledger := domain.NewLedger(operations)
	outcomes := make([]domain.Outcome, 0, len(req.GetKeys()))
	for _, key := range req.GetKeys() {
		outcomes = append(outcomes, ledger.Outcome(key))
	}
	return &paymentv1.QueryResponse{Outcomes: outcomesToProto(outcomes)}, nil
}
