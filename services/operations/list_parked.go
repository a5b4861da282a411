package operations

import (
	"cmp"
	"context"
	"slices"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/delivery"
)

// ListParked implements the RPC of the same name, as ListDeadLetters does.
func (s *Service) ListParked(ctx context.Context, req *operationsv1.ListParkedRequest) (*operationsv1.ListParkedResponse, error) {
	size := cmp.Or(req.GetPageSize(), defaultLetterPage)
	found, err := askAll(ctx, s, req.GetService(), func(
		ctx context.Context, service string, client deliveryv1.DeliveryServiceClient,
	) ([]*deliveryv1.ParkedEvent, bool, error) {
		reply, err := client.ListParked(ctx, &deliveryv1.ListParkedRequest{
			Service: service, Consumer: req.GetConsumer(), Aggregate: req.GetAggregate(), PageSize: size, PageToken: req.GetPageToken(),
		})
		return reply.GetEvents(), reply.GetNextPageToken() != "", err
	})
	if err != nil {
		return nil, err
	}
	events := found.entries
	slices.SortFunc(events, func(a, b *deliveryv1.ParkedEvent) int {
		return cmp.Or(cmp.Compare(a.GetConsumer(), b.GetConsumer()), cmp.Compare(a.GetAggregate(), b.GetAggregate()),
			cmp.Compare(a.GetSequence(), b.GetSequence()))
	})
	fit := min(int(size), len(events))
	reply := &operationsv1.ListParkedResponse{Events: events[:fit], Unanswered: found.unanswered}
	if fit > 0 && (found.more || len(events) > fit) {
		reply.NextPageToken = delivery.ParkedToken(events[fit-1])
	}
	return reply, nil
}
