package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// CloseReceipt implements the RPC of the same name.
func (s *Service) CloseReceipt(
	ctx context.Context, req *fulfillmentv1.CloseReceiptRequest,
) (*fulfillmentv1.CloseReceiptResponse, error) {
	return endReceipt(ctx, s, "close_receipt", req, false, func(receipt *fulfillmentv1.Receipt) *fulfillmentv1.CloseReceiptResponse {
		return &fulfillmentv1.CloseReceiptResponse{Receipt: receipt}
	})
}
