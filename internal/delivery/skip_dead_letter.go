package delivery

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// SkipDeadLetter implements the RPC of the same name.
func (s *Service) SkipDeadLetter(
	ctx context.Context, req *deliveryv1.SkipDeadLetterRequest,
) (*deliveryv1.SkipDeadLetterResponse, error) {
	by := inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()}
	return once(ctx, s, "skip_dead_letter", req, func(tx database.Transaction) (*deliveryv1.SkipDeadLetterResponse, error) {
		letter, err := inbox.SkipLetter(ctx, tx, req.GetConsumer(), req.GetEventId(), by)
		if err != nil {
			return nil, err
		}
		return &deliveryv1.SkipDeadLetterResponse{DeadLetter: letterToProto(req.GetService(), letter)}, nil
	})
}
