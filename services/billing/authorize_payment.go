package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
)

// AuthorizePayment implements the RPC of the same name. No provider can be connected, so whichever an order names is not
// known; a refusal holds the order, where an error would have it tried again for ever.
func (s *Service) AuthorizePayment(
	_ context.Context, req *billingv1.AuthorizePaymentRequest,
) (*billingv1.AuthorizePaymentResponse, error) {
	return &billingv1.AuthorizePaymentResponse{Outcomes: convertAll(req.GetAuthorizations(),
		func(*billingv1.PaymentAuthorization) *billingv1.PaymentAuthorizationOutcome {
			return &billingv1.PaymentAuthorizationOutcome{Outcome: &billingv1.PaymentAuthorizationOutcome_Refusal{
				Refusal: &commonv1.Refusal{Reason: "PROVIDER_UNKNOWN", Message: "no payment provider is connected"},
			}}
		})}, nil
}
