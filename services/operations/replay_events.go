package operations

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// defaultReplayPage is how many events a call replays where nothing is asked for.
const defaultReplayPage = 50

// ReplayEvents implements the RPC of the same name. The services say what they take; each decides about its own consumers, and
// keeps and tells what was handed in.
func (s *Service) ReplayEvents(
	ctx context.Context, req *operationsv1.ReplayEventsRequest,
) (*operationsv1.ReplayEventsResponse, error) {
	filter, err := s.replayFilter(ctx, req)
	if err != nil {
		return nil, err
	}
	targets, unanswered, err := s.replayTargets(ctx, req)
	if err != nil {
		return nil, err
	}
	if filter.kinds, err = kindsOf(targets, filter.kind); err != nil {
		return nil, err
	}
	page, next, err := s.pageArchive(ctx, filter, int(cmp.Or(req.GetPageSize(), defaultReplayPage)))
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.ReplayEventsResponse{Events: int32(len(page)), NextPageToken: next}
	if err := s.replayTo(ctx, req, targets, page, reply); err != nil {
		return nil, err
	}
	reply.Unanswered = append(reply.Unanswered, unanswered...)
	slices.Sort(reply.Unanswered)
	return reply, nil
}

// replayTargets are the consumers that are meant, by service, and the services that do not say which they have.
func (s *Service) replayTargets(
	ctx context.Context, req *operationsv1.ReplayEventsRequest,
) (targets map[string][]*deliveryv1.Consumer, unanswered []string, err error) {
	found, err := s.allConsumers(ctx, req.GetService())
	if err != nil {
		return nil, nil, err
	}
	targets = map[string][]*deliveryv1.Consumer{}
	for _, consumer := range found.entries {
		if !consumer.GetWholeStreams() && (req.GetConsumer() == "" || req.GetConsumer() == consumer.GetConsumer()) {
			targets[consumer.GetService()] = append(targets[consumer.GetService()], consumer)
		}
	}
	if len(targets) == 0 && len(found.unanswered) == 0 {
		return nil, nil, fault.New(fault.NotFound, "CONSUMER_UNKNOWN", "there is no consumer %q", req.GetConsumer()).
			WithField("consumer", "CONSUMER_UNKNOWN", "such as billing-orders")
	}
	return targets, found.unanswered, nil
}

// allConsumers asks one service, or all where none is named, for their consumers.
func (s *Service) allConsumers(ctx context.Context, service string) (gathered[*deliveryv1.Consumer], error) {
	return askAll(ctx, s, service, func(
		ctx context.Context, service string, client deliveryv1.DeliveryServiceClient,
	) ([]*deliveryv1.Consumer, bool, error) {
		reply, err := client.ListConsumers(ctx, &deliveryv1.ListConsumersRequest{Service: service})
		return reply.GetConsumers(), false, err
	})
}

// kindsOf are the kinds of aggregates that consumers take, sorted; only the given one where there is one.
func kindsOf(targets map[string][]*deliveryv1.Consumer, only string) ([]string, error) {
	kinds := map[string]bool{}
	for _, consumers := range targets {
		for _, consumer := range consumers {
			for _, kind := range consumer.GetAggregateKinds() {
				kinds[kind] = true
			}
		}
	}
	if only == "" {
		return slices.Sorted(maps.Keys(kinds)), nil
	}
	if !kinds[only] {
		return nil, fault.New(fault.NotFound, "KIND_NOT_TAKEN", "none of these consumers takes events of %q", only).
			WithField("aggregate", "KIND_NOT_TAKEN", "the kind stands before the slash, such as order.order")
	}
	return []string{only}, nil
}

// replayTo hands a page to the services side by side, and puts what they answer into the reply, in the order of the page.
func (s *Service) replayTo(
	ctx context.Context, req *operationsv1.ReplayEventsRequest, targets map[string][]*deliveryv1.Consumer,
	page []inbox.Message, reply *operationsv1.ReplayEventsResponse,
) error {
	actor := cmp.Or(req.GetActor(), rpc.IdentityFrom(ctx).Principal)
	var mu sync.Mutex
	var asking sync.WaitGroup
	var refusal error
	for service, consumers := range targets {
		request := &deliveryv1.ReplayEventsRequest{
			Service: service, Perform: req.GetPerform(), OutsideCalls: req.GetOutsideCalls(), Reason: req.GetReason(), Actor: actor,
		}
		for _, consumer := range consumers {
			request.Consumers = append(request.Consumers, consumer.GetConsumer())
		}
		for _, message := range page {
			if slices.ContainsFunc(consumers, func(c *deliveryv1.Consumer) bool { return slices.Contains(c.GetAggregateKinds(), message.Kind) }) {
				event := message.Event()
				request.Events = append(request.Events, &deliveryv1.KeptEvent{Envelope: event.AppendEnvelope(nil), Shard: message.Shard})
			}
		}
		if len(request.GetEvents()) == 0 {
			continue
		}
		asking.Go(func() {
			answer, err := s.deliveries[service].ReplayEvents(ctx, request)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && (req.GetService() != "" || fault.KindOf(err) == fault.Invalid):
				refusal = err
			case err != nil:
				s.log.WarnContext(ctx, "a service does not take a replay", "service", service, "error", err)
				reply.Unanswered = append(reply.Unanswered, service)
			}
			reply.Entries = append(reply.Entries, answer.GetEntries()...)
		})
	}
	asking.Wait()
	sortEntries(reply.GetEntries(), page)
	reply.Counts = countsOf(reply.GetEntries())
	return refusal
}

// sortEntries puts entries in the order of the page, and by consumer.
func sortEntries(entries []*deliveryv1.ReplayEntry, page []inbox.Message) {
	at := make(map[string]int, len(page))
	for i, message := range page {
		at[message.ID] = i
	}
	slices.SortFunc(entries, func(a, b *deliveryv1.ReplayEntry) int {
		return cmp.Or(cmp.Compare(at[a.GetEventId()], at[b.GetEventId()]), cmp.Compare(a.GetConsumer(), b.GetConsumer()))
	})
}

// countsOf counts entries by consumer and outcome.
func countsOf(entries []*deliveryv1.ReplayEntry) []*operationsv1.ReplayCount {
	type row struct {
		consumer string
		outcome  deliveryv1.ReplayOutcome
	}
	counts := map[row]int32{}
	for _, entry := range entries {
		counts[row{entry.GetConsumer(), entry.GetOutcome()}]++
	}
	all := make([]*operationsv1.ReplayCount, 0, len(counts))
	for one, count := range counts {
		all = append(all, &operationsv1.ReplayCount{Consumer: one.consumer, Outcome: one.outcome, Count: count})
	}
	slices.SortFunc(all, func(a, b *operationsv1.ReplayCount) int {
		return cmp.Or(cmp.Compare(a.GetConsumer(), b.GetConsumer()), cmp.Compare(a.GetOutcome(), b.GetOutcome()))
	})
	return all
}
