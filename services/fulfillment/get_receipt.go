package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// GetReceipt implements the RPC of the same name. What belongs to another partner is not there.
func (s *Service) GetReceipt(
	ctx context.Context, req *fulfillmentv1.GetReceiptRequest,
) (*fulfillmentv1.GetReceiptResponse, error) {
	found, err := findReceipt(ctx, s.db.Pool(), req.GetReceiptId())
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.GetReceiptResponse{Receipt: receiptToProto(found)}, nil
}

// findReceipt finds one that the caller may see.
func findReceipt(ctx context.Context, db store.DBTX, text string) (*domain.Receipt, error) {
	var found *domain.Receipt
	parsed, err := id.Parse(id.Receipt, text)
	if err == nil {
		if found, err = store.FindReceipt(ctx, db, parsed); err != nil {
			return nil, err
		}
	}
	if found == nil || !visible(ctx, found.SupplierID) {
		return nil, fault.New(fault.NotFound, "RECEIPT_NOT_FOUND", "there is no receipt %q", text)
	}
	return found, nil
}
