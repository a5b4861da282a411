package delivery

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// RetryDeadLetter implements the RPC of the same name.
func (s *Service) RetryDeadLetter(
	ctx context.Context, req *deliveryv1.RetryDeadLetterRequest,
) (*deliveryv1.RetryDeadLetterResponse, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: rpc.IdentityFrom(ctx).Principal, Method: "RetryDeadLetter", RequestID: req.GetRequestId()}
	return database.Tx(ctx, db, "retry_dead_letter", func(tx database.Transaction) (*deliveryv1.RetryDeadLetterResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*deliveryv1.RetryDeadLetterResponse, error) {
			letter, err := inbox.RetryLetter(ctx, tx, req.GetConsumer(), req.GetEventId(), inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()})
			if err != nil {
				return nil, err
			}
			return &deliveryv1.RetryDeadLetterResponse{DeadLetter: letterToProto(req.GetService(), letter)}, nil
		})
	})
}
