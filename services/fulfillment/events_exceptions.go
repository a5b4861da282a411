package fulfillment

import (
	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// exceptionEvents tell of exceptions that were opened.
func exceptionEvents(opened []domain.Exception) []outbox.Event {
	events := make([]outbox.Event, 0, len(opened))
	for _, one := range opened {
		told := exceptionToProto(one)
		events = append(events, exceptionEvent(one, &fulfillmentv1.FulfillmentExceptionOpened{
			ExceptionId: told.GetExceptionId(), OrderId: one.OrderID, Exception: told,
		}))
	}
	return events
}

// exceptionResolved tells that somebody has dealt with one.
func exceptionResolved(one domain.Exception) outbox.Event {
	told := exceptionToProto(one)
	return exceptionEvent(one, &fulfillmentv1.FulfillmentExceptionResolved{
		ExceptionId: told.GetExceptionId(), OrderId: one.OrderID, Exception: told,
	})
}

func exceptionEvent(one domain.Exception, payload proto.Message) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.FulfillmentException, one.ID), Sequence: one.Sequence, Shard: shard.OfUUID(one.ID), Payload: payload,
		CorrelationID: one.OrderID,
	}
}
