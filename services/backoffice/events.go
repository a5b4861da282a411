package backoffice

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

// answerEvents tell what the ERP answered.
func answerEvents(told []domain.Told, now time.Time) []outbox.Event {
	events := make([]outbox.Event, 0, len(told))
	for _, one := range told {
		event := documentEvent(one, now)
		event.CausationID = one.Cause
		if one.Reason == "" {
			event.Payload = &backofficev1.DocumentPosted{
				DocumentId: one.DocumentID, Kind: kindToProto(one.DocumentID), OrderId: event.CorrelationID,
				ErpNumber: one.ERPNumber, PostedAt: timestamppb.New(one.PostedAt), Attempts: one.Attempt,
			}
		} else {
			event.Payload = &backofficev1.DocumentRefused{
				DocumentId: one.DocumentID, Kind: kindToProto(one.DocumentID), OrderId: event.CorrelationID,
				Reason: one.Reason, Message: one.Message, Attempts: one.Attempt,
			}
		}
		events = append(events, event)
	}
	return events
}

// retry is who has documents sent again and why.
type retry struct{ actor, reason, exception string }

// retryEvents tell that documents are sent again.
func retryEvents(told []domain.Told, why retry, now time.Time) []outbox.Event {
	events := make([]outbox.Event, 0, len(told))
	for _, one := range told {
		event := documentEvent(one, now)
		event.Payload = &backofficev1.DocumentRetried{
			DocumentId: one.DocumentID, Kind: kindToProto(one.DocumentID), OrderId: event.CorrelationID,
			Actor: why.actor, Reason: why.reason, LostErpNumber: one.ERPNumber, ExceptionId: why.exception,
		}
		events = append(events, event)
	}
	return events
}

// documentEvent is an event of a document without its payload. It stands in the shard of the document's order, where the queue is, and
// belongs to that order, where there is one: a credit memo without one stands for itself.
func documentEvent(one domain.Told, now time.Time) outbox.Event {
	event := outbox.Event{
		Aggregate: one.DocumentID, Sequence: one.Sequence, Shard: shard.Of(one.OrderID), OccurredAt: now, CorrelationID: one.OrderID,
	}
	if one.OrderID == one.DocumentID {
		event.CorrelationID = ""
	}
	return event
}

func kindToProto(document string) backofficev1.DocumentKind {
	return backofficev1.DocumentKind(domain.KindOf(document))
}
