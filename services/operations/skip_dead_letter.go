package operations

import (
	"cmp"
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// SkipDeadLetter implements the RPC of the same name. The service that holds it decides, and keeps and tells who said so and why;
// its event ends the exception.
func (s *Service) SkipDeadLetter(
	ctx context.Context, req *operationsv1.SkipDeadLetterRequest,
) (*operationsv1.SkipDeadLetterResponse, error) {
	client, err := s.deliveryOf(req.GetService())
	if err != nil {
		return nil, err
	}
	principal := rpc.IdentityFrom(ctx).Principal
	reply, err := client.SkipDeadLetter(ctx, &deliveryv1.SkipDeadLetterRequest{
		RequestId: principal + "/" + req.GetRequestId(), Service: req.GetService(), Consumer: req.GetConsumer(), EventId: req.GetEventId(),
		Reason: req.GetReason(), Actor: cmp.Or(req.GetActor(), principal),
	})
	if err != nil {
		return nil, err
	}
	return &operationsv1.SkipDeadLetterResponse{DeadLetter: reply.GetDeadLetter()}, nil
}
