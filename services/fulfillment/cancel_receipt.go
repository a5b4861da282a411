package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// CancelReceipt implements the RPC of the same name.
func (s *Service) CancelReceipt(
	ctx context.Context, req *fulfillmentv1.CancelReceiptRequest,
) (*fulfillmentv1.CancelReceiptResponse, error) {
	return endReceipt(ctx, s, "cancel_receipt", req, true, func(receipt *fulfillmentv1.Receipt) *fulfillmentv1.CancelReceiptResponse {
		return &fulfillmentv1.CancelReceiptResponse{Receipt: receipt}
	})
}
