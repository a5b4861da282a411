package backoffice

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// GetQueue implements the RPC of the same name.
func (s *Service) GetQueue(ctx context.Context, _ *backofficev1.GetQueueRequest) (*backofficev1.GetQueueResponse, error) {
	queue, err := store.MeasureQueue(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	reply := &backofficev1.GetQueueResponse{Waiting: queue.Waiting, Stuck: queue.Stuck}
	if queue.Waiting > 0 {
		reply.OldestSince = timestamppb.New(queue.OldestSince)
	}
	return reply, nil
}
