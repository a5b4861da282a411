package delivery

import (
	"context"
	"slices"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// RehearseDeadLetters implements the RPC of the same name. Those that are gone, and those of consumers that are not here, are not
// tried.
func (s *Service) RehearseDeadLetters(
	ctx context.Context, req *deliveryv1.RehearseDeadLettersRequest,
) (*deliveryv1.RehearseDeadLettersResponse, error) {
	taker, err := s.takerOf(req.GetService())
	if err != nil {
		return nil, err
	}
	trying, cancel := context.WithTimeout(ctx, rehearsalTime)
	defer cancel()
	reply := &deliveryv1.RehearseDeadLettersResponse{}
	for _, name := range req.GetDeadLetters()[:min(len(req.GetDeadLetters()), maxRehearsed)] {
		i := slices.IndexFunc(taker.Subscriptions, func(sub inbox.Subscription) bool { return sub.Consumer == name.GetConsumer() })
		if i < 0 {
			continue
		}
		letter, _, err := inbox.FindLetter(ctx, taker.DB, name.GetConsumer(), name.GetEventId())
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		trial, err := taker.rehearse(trying, taker.Subscriptions[i], letter)
		if err != nil {
			return nil, err
		}
		if trial.Tried {
			reply.Rehearsed = append(reply.Rehearsed, &deliveryv1.RehearsedDeadLetter{
				Consumer: name.GetConsumer(), EventId: name.GetEventId(), Rehearsal: trialToProto(trial),
			})
		}
	}
	return reply, nil
}

// rehearse tries one dead letter by itself.
func (t Taker) rehearse(ctx context.Context, sub inbox.Subscription, letter inbox.Letter) (inbox.Trial, error) {
	kept, err := letter.Kept()
	if err != nil {
		return inbox.Trial{Tried: true, Err: err}, nil //nolint:nilerr // that it cannot be read is the outcome
	}
	trials, err := inbox.Rehearse(ctx, t.DB, sub, []inbox.Kept{kept}, 1)
	if err != nil {
		return inbox.Trial{}, err
	}
	return trials[0], nil
}
