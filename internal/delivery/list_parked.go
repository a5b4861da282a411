package delivery

import (
	"cmp"
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// ListParked implements the RPC of the same name.
func (s *Service) ListParked(ctx context.Context, req *deliveryv1.ListParkedRequest) (*deliveryv1.ListParkedResponse, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		return nil, err
	}
	after, err := readParkedToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int(cmp.Or(req.GetPageSize(), defaultPage))
	found, err := inbox.ListWaiting(ctx, db, req.GetConsumer(), req.GetAggregate(), after, size+1)
	if err != nil {
		return nil, err
	}
	reply := &deliveryv1.ListParkedResponse{}
	for _, one := range found[:min(size, len(found))] {
		reply.Events = append(reply.Events, &deliveryv1.ParkedEvent{
			Service: req.GetService(), Consumer: one.Consumer, EventId: one.EventID, EventType: one.Type, Aggregate: one.Aggregate,
			Sequence: one.Sequence, ParkedAt: timestamppb.New(one.ParkedAt),
		})
	}
	if len(found) > size {
		reply.NextPageToken = ParkedToken(reply.Events[size-1])
	}
	return reply, nil
}
