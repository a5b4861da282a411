package operations

import (
	"strings"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// deliveryTroubles are those of events that could not be handled. All that becomes of one is told by one aggregate, so it comes
// in its order.
func deliveryTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *deliveryv1.MessageDeadLettered:
		kind, about, _ := strings.Cut(event.GetAggregate(), "/")
		trouble := domain.Trouble{
			Key: letterKey(event.GetDeadLetterId()), Class: domain.DeadLetter, Subject: domain.Subject{Kind: kind, ID: about},
			Reason: "MESSAGE_DEAD_LETTERED", Message: event.GetError(), Context: facts(domain.ContextService, event.GetService(),
				domain.ContextConsumer, event.GetConsumer(), domain.ContextEvent, event.GetEventId(), "event_type", event.GetEventType()),
		}
		if isOrder(about) {
			trouble.Order = about
		}
		return []domain.Trouble{trouble}
	case *deliveryv1.MessageRetried:
		return []domain.Trouble{ended(letterKey(event.GetDeadLetterId()), decided("it was handed in again", event.GetReason(), event.GetActor()))}
	case *deliveryv1.MessageSkipped:
		return []domain.Trouble{ended(letterKey(event.GetDeadLetterId()), decided("it was skipped", event.GetReason(), event.GetActor()))}
	}
	return nil
}

func letterKey(letter string) string { return "dead/" + letter }

// decided says what was decided, why and by whom.
func decided(what, reason, actor string) string {
	if what = because(what, reason); actor == "" {
		return what
	}
	return what + " (" + actor + ")"
}
