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
			return because(fmt.Sprintf("Consumer %s went on without events %d to %d of %s", e.GetConsumer(), e.GetFirstSequence(),
				e.GetLastSequence(), e.GetAggregate()), e.GetReason())
		}),
		tells(func(e *deliveryv1.MessageReplayed) string {
			return because("For "+e.GetConsumer()+" "+e.GetEventType()+" was replayed from the archive", e.GetReason())
		}),
	}
}
