package operations

import (
	"context"
	"maps"
	"slices"
	"sync"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// gathered is what services answered, put together.
type gathered[E any] struct {
	entries []E
	// more: one of them at least has more than it gave.
	more bool
	// unanswered are those that did not answer, sorted.
	unanswered []string
}

// askAll asks one service, or each that takes events when none is named, side by side. Of several one that does not answer is
// noted; of one its error comes back.
func askAll[E any](
	ctx context.Context, s *Service, one string, ask func(context.Context, string, deliveryv1.DeliveryServiceClient) ([]E, bool, error),
) (gathered[E], error) {
	if one != "" {
		client, err := s.deliveryOf(one)
		if err != nil {
			return gathered[E]{}, err
		}
		entries, more, err := ask(ctx, one, client)
		return gathered[E]{entries: entries, more: more}, err
	}
	var all gathered[E]
	var refusal error
	var mu sync.Mutex
	var asking sync.WaitGroup
	for name, client := range s.deliveries {
		asking.Go(func() {
			entries, more, err := ask(ctx, name, client)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.KindOf(err) == fault.Invalid && err != nil:
				refusal = err // the request is wrong, whoever is asked
			case err != nil:
				s.log.WarnContext(ctx, "a service does not tell its dead letters", "service", name, "error", err)
				all.unanswered = append(all.unanswered, name)
			}
			all.entries, all.more = append(all.entries, entries...), all.more || more
		})
	}
	asking.Wait()
	slices.Sort(all.unanswered)
	return all, refusal
}

// deliveryOf is where a service tells of its dead letters.
func (s *Service) deliveryOf(name string) (deliveryv1.DeliveryServiceClient, error) {
	client, ok := s.deliveries[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "SERVICE_UNKNOWN", "no service %q takes events: there are %v", name, slices.Sorted(maps.Keys(s.deliveries)))
	}
	return client, nil
}
