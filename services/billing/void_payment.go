package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
)

// VoidPayment implements the RPC of the same name. Nothing was authorised, so nothing is voided; a key that comes afterwards
// is refused all the same.
func (s *Service) VoidPayment(_ context.Context, req *billingv1.VoidPaymentRequest) (*billingv1.VoidPaymentResponse, error) {
	return &billingv1.VoidPaymentResponse{VoidedMinor: make([]int64, len(req.GetVoids()))}, nil
}
