package billing

import (
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// intentDecided tells what became of an authorisation.
func intentDecided(intent *domain.Intent) outbox.Event {
	name := id.Format(id.Intent, intent.ID)
	switch intent.State {
	case domain.IntentDeclined:
		return intentEvent(intent, &billingv1.PaymentDeclined{
			PaymentIntentId: name, PaymentIntent: intentToProto(intent), DeclineCode: intent.Code,
		})
	case domain.IntentUnknown:
		return paymentUnknown(intent)
	case domain.IntentVoided:
		return paymentVoided(intent, 0)
	default:
		return intentEvent(intent, &billingv1.PaymentAuthorized{PaymentIntentId: name, PaymentIntent: intentToProto(intent)})
	}
}

func paymentUnknown(intent *domain.Intent) outbox.Event {
	return intentEvent(intent, &billingv1.PaymentUnknown{
		PaymentIntentId: id.Format(id.Intent, intent.ID), PaymentIntent: intentToProto(intent),
	})
}

func paymentVoided(intent *domain.Intent, rest int64) outbox.Event {
	return intentEvent(intent, &billingv1.PaymentVoided{
		PaymentIntentId: id.Format(id.Intent, intent.ID), PaymentIntent: intentToProto(intent), AmountMinor: rest,
	})
}

func paymentCaptured(intent *domain.Intent, capture *domain.Operation) outbox.Event {
	return intentEvent(intent, &billingv1.PaymentCaptured{
		PaymentIntentId: id.Format(id.Intent, intent.ID), PaymentIntent: intentToProto(intent), AmountMinor: capture.Amount,
		InvoiceId: id.Format(id.Invoice, capture.Target), PaymentId: id.Format(id.Payment, capture.ID),
	})
}

// paymentDeclined tells of a capture or a refund that was declined.
func paymentDeclined(intent *domain.Intent, operation *domain.Operation) outbox.Event {
	event := &billingv1.PaymentDeclined{
		PaymentIntentId: id.Format(id.Intent, intent.ID), PaymentIntent: intentToProto(intent), DeclineCode: operation.Code,
	}
	if operation.Kind == domain.Capture {
		event.InvoiceId = id.Format(id.Invoice, operation.Target)
	} else {
		event.CreditMemoId = id.Format(id.CreditMemo, operation.Memo)
	}
	return intentEvent(intent, event)
}

func paymentRefunded(intent *domain.Intent, refund *domain.Operation) outbox.Event {
	return intentEvent(intent, &billingv1.PaymentRefunded{
		PaymentIntentId: id.Format(id.Intent, intent.ID), PaymentIntent: intentToProto(intent), AmountMinor: refund.Amount,
		PaymentId: id.Format(id.Payment, refund.Target), CreditMemoId: id.Format(id.CreditMemo, refund.Memo),
		JournalId: id.Format(id.Journal, refund.Journal),
	})
}

func intentEvent(intent *domain.Intent, payload proto.Message) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.Intent, intent.ID), Sequence: intent.EventSequence, Shard: shard.OfUUID(intent.ID),
		Payload: payload, CorrelationID: id.Format(id.Order, intent.Order),
	}
}
