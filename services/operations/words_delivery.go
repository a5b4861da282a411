package operations

import (
	"fmt"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
)

// deliveryWords tell what became of events that could not be handled.
func deliveryWords() []telling {
	dead := &deliveryv1.MessageDeadLettered{}
	return []telling{
		tells(func(e *deliveryv1.MessageDeadLettered) string {
			return because("Consumer "+e.GetConsumer()+" could not take "+e.GetEventType(), e.GetError())
		}),
		after(tells(func(e *deliveryv1.MessageRetried) string {
			return because("For "+e.GetConsumer()+" "+e.GetEventType()+" was handed in again", e.GetReason())
		}), dead, (*deliveryv1.MessageRetried).GetDeadLetterId),
		after(tells(func(e *deliveryv1.MessageSkipped) string {
			return because("Consumer "+e.GetConsumer()+" went on without "+e.GetEventType(), e.GetReason())
		}), dead, (*deliveryv1.MessageSkipped).GetDeadLetterId),
		tells(func(e *deliveryv1.GapSkipped) string {
			gap := fmt.Sprintf("events %d to %d", e.GetFirstSequence(), e.GetLastSequence())
			if e.GetFirstSequence() == e.GetLastSequence() {
				gap = fmt.Sprintf("event %d", e.GetFirstSequence())
			}
			return because("Consumer "+e.GetConsumer()+" went on without "+gap+" of "+e.GetAggregate(), e.GetReason())
		}),
		tells(func(e *deliveryv1.MessageReplayed) string {
			return because("For "+e.GetConsumer()+" "+e.GetEventType()+" was replayed from the archive", e.GetReason())
		}),
	}
}
