package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// RecordReceipt implements the RPC of the same name.
func (s *Service) RecordReceipt(
	ctx context.Context, req *fulfillmentv1.RecordReceiptRequest,
) (*fulfillmentv1.RecordReceiptResponse, error) {
	commands := convertAll(req.GetReports(), receiveFromProto)
	outcomes, err := database.Tx(ctx, s.db, "record_receipt", func(tx database.Transaction) ([]domain.ReceiptOutcome, error) {
		return decideReceipts(ctx, tx, commands, s.now())
	})
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordReceiptResponse{Outcomes: convertAll(outcomes, receiptOutcomeToProto)}, nil
}
