package payment

import (
	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

func authorizationFromProto(one *paymentv1.Authorization) domain.Authorization {
	return domain.Authorization{
		Key: one.GetKey(), Provider: one.GetProvider(), Token: one.GetToken(), Currency: one.GetCurrencyCode(), Amount: one.GetAmountMinor(),
	}
}

func outcomesToProto(outcomes []domain.Outcome) []*paymentv1.PaymentOutcome {
	written := make([]*paymentv1.PaymentOutcome, 0, len(outcomes))
	for _, outcome := range outcomes {
		written = append(written, &paymentv1.PaymentOutcome{
			Status: statusToProto(outcome.Status), ProviderRef: outcome.Reference, AmountMinor: outcome.Amount, DeclineCode: outcome.Code,
		})
	}
	return written
}

func statusToProto(status domain.Status) paymentv1.PaymentStatus {
	switch status {
	case domain.Authorized:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED
	case domain.Captured:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_CAPTURED
	case domain.Voided:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED
	case domain.Refunded:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_REFUNDED
	case domain.Declined:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED
	case domain.Unknown:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_UNKNOWN
	case domain.NotFound:
		return paymentv1.PaymentStatus_PAYMENT_STATUS_NOT_FOUND
	}
	return paymentv1.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED
}
