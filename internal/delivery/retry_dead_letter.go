package delivery

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// RetryDeadLetter implements the RPC of the same name.
func (s *Service) RetryDeadLetter(
	ctx context.Context, req *deliveryv1.RetryDeadLetterRequest,
) (*deliveryv1.RetryDeadLetterResponse, error) {
	by := inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()}
	return once(ctx, s, "retry_dead_letter", req, func(tx database.Transaction) (*deliveryv1.RetryDeadLetterResponse, error) {
		letter, err := inbox.RetryLetter(ctx, tx, req.GetConsumer(), req.GetEventId(), by)
		if err != nil {
			return nil, err
		}
		return &deliveryv1.RetryDeadLetterResponse{DeadLetter: letterToProto(req.GetService(), letter)}, nil
	})
}
