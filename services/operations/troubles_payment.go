package operations

import (
	"fmt"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// captureDeclined is why an account is stopped that a person may serve again. A stop by its terms is a decision already.
const captureDeclined = "CAPTURE_DECLINED"

// paymentTroubles are those of payments by providers. A decline of an authorisation is none: the order says what becomes of it.
func paymentTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *billingv1.PaymentDeclined:
		if event.GetInvoiceId() == "" && event.GetCreditMemoId() == "" {
			return []domain.Trouble{outcomeKnown(event.GetPaymentIntentId(), "the provider has declined")}
		}
		what, key := "the capture for an invoice", event.GetInvoiceId()
		if key == "" {
			what, key = "the refund of a credit memo", event.GetCreditMemoId()
		}
		return []domain.Trouble{outcomeKnown(event.GetPaymentIntentId(), "the provider has declined"), {
			Key: declinedKey(key), Class: domain.PaymentDeclined, Order: event.GetPaymentIntent().GetOrderId(), Reason: event.GetDeclineCode(),
			Message: fmt.Sprintf("the provider has declined %s", what),
			Context: facts("invoice_id", event.GetInvoiceId(), "credit_memo_id", event.GetCreditMemoId(),
				domain.ContextAccount, event.GetPaymentIntent().GetAccountId()),
		}}
	case *billingv1.PaymentUnknown:
		return []domain.Trouble{{
			Key: unknownKey(event.GetPaymentIntentId()), Class: domain.PaymentUnknown, Order: event.GetPaymentIntent().GetOrderId(),
			Reason: "PAYMENT_UNKNOWN", Message: "the provider has not said what became of a payment, and is asked until it does",
			Context: facts(domain.ContextAccount, event.GetPaymentIntent().GetAccountId()),
		}}
	case *billingv1.PaymentAuthorized:
		return []domain.Trouble{outcomeKnown(event.GetPaymentIntentId(), "the provider has reserved the payment")}
	case *billingv1.PaymentCaptured:
		return []domain.Trouble{
			outcomeKnown(event.GetPaymentIntentId(), "the provider has captured the payment"),
			ended(declinedKey(event.GetInvoiceId()), "the payment was captured"),
		}
	case *billingv1.PaymentVoided:
		return []domain.Trouble{outcomeKnown(event.GetPaymentIntentId(), "the payment was given up")}
	case *billingv1.PaymentRefunded:
		return []domain.Trouble{
			outcomeKnown(event.GetPaymentIntentId(), "the provider has refunded the payment"),
			ended(declinedKey(event.GetCreditMemoId()), "the payment was refunded"),
		}
	case *billingv1.InvoicePaid:
		return []domain.Trouble{ended(declinedKey(event.GetInvoiceId()), "nothing is owed on the invoice any more")}
	case *billingv1.AccountStopped:
		if event.GetReason() != captureDeclined {
			return nil
		}
		return []domain.Trouble{{
			Key: stoppedKey(event.GetAccountId()), Class: domain.AccountStopped, Reason: event.GetReason(),
			Message: "nothing is accepted for the account until it is served again: a payment was declined after its goods had gone",
			Context: facts(domain.ContextAccount, event.GetAccountId()),
		}}
	case *billingv1.AccountStopLifted:
		return []domain.Trouble{ended(stoppedKey(event.GetAccountId()), decided("the stop was lifted", event.GetReason(), event.GetActor()))}
	}
	return nil
}

func outcomeKnown(intent, resolution string) domain.Trouble {
	return ended(unknownKey(intent), resolution)
}

func declinedKey(document string) string { return "declined/" + document }

func unknownKey(intent string) string { return "unknown/" + intent }

func stoppedKey(account string) string { return "stopped/" + account }
