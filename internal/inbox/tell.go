package inbox

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// tellsOfLetters is the kind of aggregate of the events about dead letters. Their own dead letters are not told: a reader that
// cannot take them would make ever more of them.
const tellsOfLetters = "delivery.message"

// maxToldError bounds what an event tells of an error.
const maxToldError = 2000

// ServiceOf is the service of a consumer: the part of its name before the first dash.
func ServiceOf(consumer string) string {
	service, _, _ := strings.Cut(consumer, "-")
	return service
}

// tellDead tells of an event that was put away, in the transaction that does.
func tellDead(ctx context.Context, tx database.Transaction, letter Letter) error {
	return tell(ctx, tx, letter, letter.told, &deliveryv1.MessageDeadLettered{
		DeadLetterId: letterID(letter), Service: ServiceOf(letter.Consumer), Consumer: letter.Consumer, EventId: letter.EventID,
		EventType: letter.Type, Aggregate: letter.Aggregate, Sequence: letter.Sequence, Error: shortened(letter.Error),
		Attempts: int32(letter.Attempts),
	})
}

// tellResolved tells of a decision, in its transaction. letter is as it was before.
func tellResolved(ctx context.Context, tx database.Transaction, letter Letter, resolution string, by Decision) error {
	service := ServiceOf(letter.Consumer)
	switch resolution {
	case resolutionRetried:
		return tell(ctx, tx, letter, letter.told+1, &deliveryv1.MessageRetried{
			DeadLetterId: letterID(letter), Service: service, Consumer: letter.Consumer, EventId: letter.EventID,
			EventType: letter.Type, Aggregate: letter.Aggregate, Actor: by.Actor, Reason: by.Reason,
		})
	case resolutionSkipped:
		return tell(ctx, tx, letter, letter.told+1, &deliveryv1.MessageSkipped{
			DeadLetterId: letterID(letter), Service: service, Consumer: letter.Consumer, EventId: letter.EventID,
			EventType: letter.Type, Aggregate: letter.Aggregate, Actor: by.Actor, Reason: by.Reason,
		})
	}
	return errUnknownResolution
}

func tell(ctx context.Context, tx database.Transaction, letter Letter, sequence int64, payload proto.Message) error {
	if strings.HasPrefix(letter.Aggregate, tellsOfLetters+"/") {
		return nil
	}
	event := outbox.Event{
		Aggregate: letterID(letter), Sequence: sequence, Shard: shard.Of(letterID(letter)), Payload: payload, CausationID: letter.EventID,
	}
	if about, err := letter.Event(); err == nil { // of what cannot be read nothing more is known
		event.CorrelationID, event.TraceParent = about.CorrelationID, about.TraceParent
	}
	return outbox.Add(ctx, tx, event)
}

// replayedItem is an event that was handed to a consumer out of an archive.
type replayedItem struct {
	*item
	waits bool
}

// tellReplayed tells of events that were handed to a consumer out of an archive, in the transaction that does. Each replay is an
// aggregate of its own: what was replayed and failed may be replayed again, and no row counts that.
func tellReplayed(ctx context.Context, tx database.Transaction, consumer string, items []replayedItem, outside bool, by Decision) error {
	var events []outbox.Event
	for _, it := range items {
		if it.event.Kind() == tellsOfLetters {
			continue
		}
		one := id.New()
		replay := consumer + "/" + it.event.ID + "/" + one.String()
		events = append(events, outbox.Event{
			ID: one, Aggregate: replay, Sequence: 1, Shard: shard.Of(replay), CausationID: it.event.ID,
			CorrelationID: it.event.CorrelationID, TraceParent: it.event.TraceParent,
			Payload: &deliveryv1.MessageReplayed{
				ReplayId: replay, Service: ServiceOf(consumer), Consumer: consumer, EventId: it.event.ID, EventType: it.event.Type,
				Aggregate: it.key, Sequence: it.event.Sequence, Waits: it.waits, OutsideCalls: outside, Actor: by.Actor, Reason: by.Reason,
			},
		})
	}
	return outbox.Add(ctx, tx, events...)
}

// tellGap tells of events that a consumer went on without, in the transaction that does. A consumer never goes back, so the last of
// them names the gap. behind is the event that waited.
func tellGap(ctx context.Context, tx database.Transaction, consumer string, behind *item, gap Gap, by Decision) error {
	name := fmt.Sprint(consumer, "/", behind.key, "/", gap.Last)
	return outbox.Add(ctx, tx, outbox.Event{
		Aggregate: name, Sequence: 1, Shard: shard.Of(name), CorrelationID: behind.event.CorrelationID,
		TraceParent: behind.event.TraceParent,
		Payload: &deliveryv1.GapSkipped{
			GapId: name, Service: ServiceOf(consumer), Consumer: consumer, Aggregate: behind.key, FirstSequence: gap.First,
			LastSequence: gap.Last, Actor: by.Actor, Reason: by.Reason,
		},
	})
}

func letterID(letter Letter) string { return letter.Consumer + "/" + letter.EventID }

// shortened is the beginning of a text.
func shortened(text string) string {
	if len(text) > maxToldError {
		return strings.ToValidUTF8(text[:maxToldError], "")
	}
	return text
}
