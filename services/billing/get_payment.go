package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetPayment implements the RPC of the same name.
func (s *Service) GetPayment(ctx context.Context, req *billingv1.GetPaymentRequest) (*billingv1.GetPaymentResponse, error) {
	paymentID, err := readablePayment(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	payment, err := store.PaymentByID(ctx, s.db.Pool(), paymentID)
	if err != nil {
		return nil, err
	}
	if payment == nil {
		return nil, paymentNotFound(req.GetPaymentId())
	}
	return &billingv1.GetPaymentResponse{Payment: paymentToProto(payment)}, nil
}
