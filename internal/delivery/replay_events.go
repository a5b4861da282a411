package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
)

const (
	// maxRehearsed and rehearsalTime bound what is tried in one call.
	maxRehearsed  = 50
	rehearsalTime = 8 * time.Second
	// maxAnnounced bounds what is shown of one event.
	maxAnnounced = 20
)

// share is what one consumer gets of a replay.
type share struct {
	sub      inbox.Subscription
	at       []int // the places of its events in the request
	events   []inbox.Kept
	outcomes []inbox.Outcome
	trials   []inbox.Trial // as many as events; none where nothing was tried
}

// ReplayEvents implements the RPC of the same name.
func (s *Service) ReplayEvents(ctx context.Context, req *deliveryv1.ReplayEventsRequest) (*deliveryv1.ReplayEventsResponse, error) {
	taker, err := s.takerOf(req.GetService())
	if err != nil {
		return nil, err
	}
	subs, err := taker.named(req.GetConsumers())
	if err != nil {
		return nil, err
	}
	events, err := keptFromProto(req.GetEvents())
	if err != nil {
		return nil, err
	}
	shares := sharesOf(subs, events)
	if req.GetPerform() {
		by := inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()}
		shares, err = replay(ctx, taker.DB, shares, req.GetOutsideCalls(), by)
	} else {
		err = foresee(ctx, taker.DB, shares, req.GetOutsideCalls())
	}
	if err != nil {
		return nil, err
	}
	return &deliveryv1.ReplayEventsResponse{Entries: entriesOf(req.GetService(), shares, len(events))}, nil
}

// named are the subscriptions of consumers to which events can be replayed, all where none is named.
func (t Taker) named(consumers []string) ([]inbox.Subscription, error) {
	replayable := slices.DeleteFunc(slices.Clone(t.Subscriptions), func(sub inbox.Subscription) bool { return sub.WholeStreams })
	if len(consumers) == 0 {
		return replayable, nil
	}
	var found []inbox.Subscription
	for _, consumer := range consumers {
		i := slices.IndexFunc(replayable, func(sub inbox.Subscription) bool { return sub.Consumer == consumer })
		if i < 0 {
			return nil, fault.New(fault.NotFound, "CONSUMER_UNKNOWN", "no consumer %q is here", consumer).
				WithField("consumers", "CONSUMER_UNKNOWN", "list the consumers to see which there are")
		}
		found = append(found, replayable[i])
	}
	return found, nil
}

func keptFromProto(from []*deliveryv1.KeptEvent) ([]inbox.Kept, error) {
	events := make([]inbox.Kept, 0, len(from))
	for i, kept := range from {
		event, err := bus.ParseEnvelope(kept.GetEnvelope())
		if err != nil || event.ID == "" || event.Kind() == "" || event.Aggregate == "" || event.Sequence < 1 {
			return nil, fault.New(fault.Invalid, "EVENT_UNREADABLE", "what is to be replayed is no event with a place in an aggregate").
				WithField(fmt.Sprintf("events[%d].envelope", i), "EVENT_UNREADABLE", "an event as it is kept, with its id, type, aggregate and sequence")
		}
		events = append(events, inbox.Kept{Event: event, Shard: kept.GetShard()})
	}
	return events, nil
}

func sharesOf(subs []inbox.Subscription, events []inbox.Kept) []share {
	var shares []share
	for _, sub := range subs {
		one := share{sub: sub}
		for i, kept := range events {
			if sub.Takes(kept.Event.Kind()) {
				one.at, one.events = append(one.at, i), append(one.events, kept)
			}
		}
		if len(one.events) > 0 {
			shares = append(shares, one)
		}
	}
	return shares
}

// replay hands all consumers their events, in one transaction.
func replay(ctx context.Context, db *database.DB, shares []share, outside bool, by inbox.Decision) ([]share, error) {
	return database.Tx(ctx, db, "replay_events", func(tx database.Transaction) ([]share, error) {
		done := slices.Clone(shares)
		for i := range done {
			outcomes, err := inbox.Replay(ctx, tx, done[i].sub, done[i].events, outside, by)
			if err != nil {
				return nil, err
			}
			done[i].outcomes = outcomes
		}
		return done, nil
	})
}

// foresee says what would become of the events, and tries the effects of those that would apply.
func foresee(ctx context.Context, db *database.DB, shares []share, outside bool) (err error) {
	trying, cancel := context.WithTimeout(ctx, rehearsalTime)
	defer cancel()
	left := maxRehearsed
	for i := range shares {
		one := &shares[i]
		if one.outcomes, err = inbox.Foresee(ctx, db, one.sub, one.events, outside); err != nil {
			return err
		}
		one.trials = make([]inbox.Trial, len(one.events))
		var at []int
		var applying []inbox.Kept
		for n, outcome := range one.outcomes {
			if outcome == inbox.Applies {
				at, applying = append(at, n), append(applying, one.events[n])
			}
		}
		trials, err := inbox.Rehearse(trying, db, one.sub, applying, left)
		if err != nil {
			return err
		}
		for n, trial := range trials {
			one.trials[at[n]] = trial
			if trial.Tried {
				left--
			}
		}
	}
	return nil
}

// entriesOf tells what became of the events, in their order, and by consumer.
func entriesOf(service string, shares []share, events int) []*deliveryv1.ReplayEntry {
	byEvent := make([][]*deliveryv1.ReplayEntry, events)
	for _, one := range shares {
		for n, kept := range one.events {
			event := kept.Event
			entry := &deliveryv1.ReplayEntry{
				Service: service, Consumer: one.sub.Consumer, EventId: event.ID, EventType: event.Type,
				Aggregate: inbox.Key(event.Kind(), event.Aggregate), Sequence: event.Sequence, RecordedAt: timestamppb.New(event.RecordedAt),
				Outcome: outcomeToProto(one.outcomes[n]),
			}
			if one.trials != nil && one.trials[n].Tried {
				entry.Rehearsal = trialToProto(one.trials[n])
			}
			byEvent[one.at[n]] = append(byEvent[one.at[n]], entry)
		}
	}
	return slices.Concat(byEvent...)
}

func outcomeToProto(outcome inbox.Outcome) deliveryv1.ReplayOutcome {
	switch outcome {
	case inbox.Applies:
		return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_APPLIES
	case inbox.Waits:
		return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_WAITS
	case inbox.Ignored:
		return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_IGNORED
	case inbox.Withheld:
		return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_WITHHELD
	case inbox.Dead:
		return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_DEAD_LETTER
	}
	return deliveryv1.ReplayOutcome_REPLAY_OUTCOME_UNSPECIFIED
}

func trialToProto(from inbox.Trial) *deliveryv1.Rehearsal {
	to := &deliveryv1.Rehearsal{AnnouncementCount: int32(len(from.Announced)), ChangedRows: from.Rows}
	if from.Err != nil {
		to.Error, to.Retryable = from.Failure(), fault.Retryable(from.Err)
	}
	for _, notice := range from.Announced[:min(len(from.Announced), maxAnnounced)] {
		to.Announcements = append(to.Announcements, &deliveryv1.Announcement{EventType: notice.Type, Aggregate: notice.Aggregate})
	}
	return to
}
