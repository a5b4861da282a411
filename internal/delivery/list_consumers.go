package delivery

import (
	"cmp"
	"context"
	"slices"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// ListConsumers implements the RPC of the same name.
func (s *Service) ListConsumers(_ context.Context, req *deliveryv1.ListConsumersRequest) (*deliveryv1.ListConsumersResponse, error) {
	taker, err := s.takerOf(req.GetService())
	if err != nil {
		return nil, err
	}
	reply := &deliveryv1.ListConsumersResponse{}
	for _, sub := range taker.Subscriptions {
		reply.Consumers = append(reply.Consumers, &deliveryv1.Consumer{
			Service: req.GetService(), Consumer: sub.Consumer, AggregateKinds: sub.Aggregates, CallsOutside: sub.Effects != inbox.StayInside,
			WholeStreams: sub.WholeStreams,
		})
	}
	slices.SortFunc(reply.Consumers, func(a, b *deliveryv1.Consumer) int { return cmp.Compare(a.GetConsumer(), b.GetConsumer()) })
	return reply, nil
}
