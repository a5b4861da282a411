package operations

import (
	"cmp"
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// SkipGap implements the RPC of the same name. The service whose consumer it is decides, and keeps and tells who said so and why.
func (s *Service) SkipGap(ctx context.Context, req *operationsv1.SkipGapRequest) (*operationsv1.SkipGapResponse, error) {
	client, err := s.deliveryOf(req.GetService())
	if err != nil {
		return nil, err
	}
	principal := rpc.IdentityFrom(ctx).Principal
	reply, err := client.SkipGap(ctx, &deliveryv1.SkipGapRequest{
		RequestId: principal + "/" + req.GetRequestId(), Service: req.GetService(), Consumer: req.GetConsumer(), Aggregate: req.GetAggregate(),
		UpToSequence: req.GetUpToSequence(), Reason: req.GetReason(), Actor: cmp.Or(req.GetActor(), principal),
	})
	if err != nil {
		return nil, err
	}
	return &operationsv1.SkipGapResponse{FirstSequence: reply.GetFirstSequence(), LastSequence: reply.GetLastSequence()}, nil
}
