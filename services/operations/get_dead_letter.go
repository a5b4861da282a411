package operations

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// GetDeadLetter implements the RPC of the same name.
func (s *Service) GetDeadLetter(
	ctx context.Context, req *operationsv1.GetDeadLetterRequest,
) (*operationsv1.GetDeadLetterResponse, error) {
	client, err := s.deliveryOf(req.GetService())
	if err != nil {
		return nil, err
	}
	reply, err := client.GetDeadLetter(ctx, &deliveryv1.GetDeadLetterRequest{
		Service: req.GetService(), Consumer: req.GetConsumer(), EventId: req.GetEventId(),
	})
	if err != nil {
		return nil, err
	}
	return &operationsv1.GetDeadLetterResponse{
		DeadLetter: reply.GetDeadLetter(), PayloadJson: reply.GetPayloadJson(), Payload: reply.GetPayload(), Parked: reply.GetParked(),
	}, nil
}
