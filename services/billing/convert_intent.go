package billing

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

const (
	reasonProviderUnavailable = "PROVIDER_UNAVAILABLE"
	reasonPaymentUnknown      = "PAYMENT_UNKNOWN"
)

func authorizationsFromProto(list []*billingv1.PaymentAuthorization) ([]*domain.Intent, error) {
	wants := make([]*domain.Intent, 0, len(list))
	for i, one := range list {
		order, err := parseID(id.Order, one.GetOrderId(), fmt.Sprintf("authorizations[%d].order_id", i))
		if err != nil {
			return nil, err
		}
		wants = append(wants, &domain.Intent{
			Key: one.GetKey(), Order: order, Account: domain.AccountID(one.GetAccountId()), Currency: one.GetCurrencyCode(),
			Amount: one.GetAmountMinor(), Provider: one.GetMethod().GetProvider(), Token: one.GetMethod().GetToken(),
		})
	}
	return wants, nil
}

// authorizationToProto writes what became of an authorisation. While that is not known it is an error, and the caller tries
// again; failed is why.
func authorizationToProto(intent *domain.Intent, refused *fault.Error, failed error) (*billingv1.PaymentAuthorizationOutcome, error) {
	if refused == nil {
		refused = intent.Refusal()
	}
	if refused != nil {
		refusal := &commonv1.Refusal{Reason: refused.Reason, Message: refused.Message}
		if intent != nil && intent.Code != "" {
			refusal.Details = map[string]string{"decline_code": intent.Code}
		}
		return &billingv1.PaymentAuthorizationOutcome{Outcome: &billingv1.PaymentAuthorizationOutcome_Refusal{Refusal: refusal}}, nil
	}
	switch {
	case !intent.Undecided():
		return &billingv1.PaymentAuthorizationOutcome{
			Outcome: &billingv1.PaymentAuthorizationOutcome_PaymentId{PaymentId: id.Format(id.Intent, intent.ID)},
		}, nil
	case failed != nil:
		return nil, fault.New(fault.Unavailable, reasonProviderUnavailable, "the payment provider cannot be reached; try again")
	default:
		return nil, fault.New(fault.Unavailable, reasonPaymentUnknown, "the provider does not say what became of the payment; try again")
	}
}

func answerFromProto(outcome *paymentv1.PaymentOutcome) *domain.Answer {
	answer := &domain.Answer{Verdict: domain.Unclear, Code: outcome.GetDeclineCode(), Reference: outcome.GetProviderRef()}
	switch outcome.GetStatus() {
	case paymentv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED, paymentv1.PaymentStatus_PAYMENT_STATUS_CAPTURED,
		paymentv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:
		answer.Verdict = domain.Done
	case paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED:
		answer.Verdict = domain.Gone
	case paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED:
		answer.Verdict = domain.Declined
	case paymentv1.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED, paymentv1.PaymentStatus_PAYMENT_STATUS_UNKNOWN,
		paymentv1.PaymentStatus_PAYMENT_STATUS_NOT_FOUND:
	}
	return answer
}

func intentToProto(intent *domain.Intent) *billingv1.PaymentIntent {
	amount := func(minor money.Minor) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: intent.Currency, MinorUnits: minor}
	}
	return &billingv1.PaymentIntent{
		PaymentIntentId: id.Format(id.Intent, intent.ID), OrderId: id.Format(id.Order, intent.Order), AccountId: string(intent.Account),
		LegalEntity: intent.LegalEntity, Provider: intent.Provider, State: intentStateToProto(intent.State),
		Amount: amount(intent.Amount), Captured: amount(intent.Captured), Voided: amount(intent.Voided), Refunded: amount(intent.Refunded),
		ProviderRef: intent.Reference, DeclineCode: intent.Code, VoidRequested: intent.VoidRequested,
		CreatedAt: timestamppb.New(intent.CreatedAt),
	}
}

// wholeIntentToProto writes its operations too.
func wholeIntentToProto(intent *domain.Intent) *billingv1.PaymentIntent {
	written := intentToProto(intent)
	for _, operation := range intent.Operations {
		one := &billingv1.PaymentOperation{
			State: operationStateToProto(operation.State), AmountMinor: operation.Amount, DeclineCode: operation.Code,
		}
		switch operation.Kind {
		case domain.Capture:
			one.Type = billingv1.PaymentOperationType_PAYMENT_OPERATION_TYPE_CAPTURE
			one.InvoiceId = id.Format(id.Invoice, operation.Target)
			if operation.State == domain.OperationDone {
				one.PaymentId = id.Format(id.Payment, operation.ID)
			}
		case domain.Refund:
			one.Type = billingv1.PaymentOperationType_PAYMENT_OPERATION_TYPE_REFUND
			one.PaymentId, one.CreditMemoId = id.Format(id.Payment, operation.Target), id.Format(id.CreditMemo, operation.Memo)
			if operation.Journal != uuid.Nil {
				one.JournalId = id.Format(id.Journal, operation.Journal)
			}
		}
		written.Operations = append(written.Operations, one)
	}
	return written
}

func intentStateToProto(state domain.IntentState) billingv1.PaymentIntentState {
	switch state {
	case domain.IntentCreated:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_CREATED
	case domain.IntentAuthorized:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_AUTHORIZED
	case domain.IntentDeclined:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_DECLINED
	case domain.IntentVoided:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_VOIDED
	case domain.IntentUnknown:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_UNKNOWN
	case domain.IntentCaptured:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_CAPTURED
	case domain.IntentPartiallyRefunded:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_PARTIALLY_REFUNDED
	case domain.IntentRefunded:
		return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_REFUNDED
	}
	return billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_UNSPECIFIED
}

func operationStateToProto(state domain.OperationState) billingv1.PaymentOperationState {
	switch state {
	case domain.OperationWaiting:
		return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_WAITING
	case domain.OperationSent:
		return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_SENT
	case domain.OperationDone:
		return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_DONE
	case domain.OperationDeclined:
		return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_DECLINED
	case domain.OperationDropped:
		return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_DROPPED
	}
	return billingv1.PaymentOperationState_PAYMENT_OPERATION_STATE_UNSPECIFIED
}

// readableIntent reads the id of a payment intent. Accounts belong to no partner, so a partner finds none.
func readableIntent(ctx context.Context, name string) (uuid.UUID, error) {
	intentID, err := id.Parse(id.Intent, name)
	if err != nil || rpc.IdentityFrom(ctx).Partner != "" {
		return uuid.Nil, intentNotFound(name)
	}
	return intentID, nil
}

func intentNotFound(name string) error {
	return fault.New(fault.NotFound, "PAYMENT_INTENT_NOT_FOUND", "there is no payment intent %q", name)
}
