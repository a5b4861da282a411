package operations

import (
	"cmp"
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// RetryDeadLetter implements the RPC of the same name. The service that holds it decides, and keeps and tells who said so and why;
// its event ends the exception.
func (s *Service) RetryDeadLetter(
	ctx context.Context, req *operationsv1.RetryDeadLetterRequest,
) (*operationsv1.RetryDeadLetterResponse, error) {
	client, err := s.deliveryOf(req.GetService())
	if err != nil {
		return nil, err
	}
	principal := rpc.IdentityFrom(ctx).Principal
	reply, err := client.RetryDeadLetter(ctx, &deliveryv1.RetryDeadLetterRequest{
		RequestId: principal + "/" + req.GetRequestId(), Service: req.GetService(), Consumer: req.GetConsumer(), EventId: req.GetEventId(),
		Reason: req.GetReason(), Actor: cmp.Or(req.GetActor(), principal),
	})
	if err != nil {
		return nil, err
	}
	return &operationsv1.RetryDeadLetterResponse{DeadLetter: reply.GetDeadLetter()}, nil
}
