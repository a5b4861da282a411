package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// RecordReturnReceipt implements the RPC of the same name.
func (s *Service) RecordReturnReceipt(
	ctx context.Context, req *fulfillmentv1.RecordReturnReceiptRequest,
) (*fulfillmentv1.RecordReturnReceiptResponse, error) {
	outcomes, err := s.recordReturns(ctx, "record_return_receipt", convertAll(req.GetReports(), receiveReturnFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordReturnReceiptResponse{Outcomes: convertAll(outcomes, returnOutcomeToProto)}, nil
}

// recordReturns carries out a set of reports in one transaction. One that is refused is refused alone.
func (s *Service) recordReturns(ctx context.Context, method string, commands []domain.ReturnCommand) ([]domain.ReturnOutcome, error) {
	return database.Tx(ctx, s.db, method, func(tx database.Transaction) ([]domain.ReturnOutcome, error) {
		return s.decideReturns(ctx, tx, commands, s.now())
	})
}
