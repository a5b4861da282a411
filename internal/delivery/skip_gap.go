package delivery

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// SkipGap implements the RPC of the same name.
func (s *Service) SkipGap(ctx context.Context, req *deliveryv1.SkipGapRequest) (*deliveryv1.SkipGapResponse, error) {
	db, err := s.databaseOf(req.GetService())
	if err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: rpc.IdentityFrom(ctx).Principal, Method: "SkipGap", RequestID: req.GetRequestId()}
	by := inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()}
	return database.Tx(ctx, db, "skip_gap", func(tx database.Transaction) (*deliveryv1.SkipGapResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*deliveryv1.SkipGapResponse, error) {
			gap, err := inbox.SkipGap(ctx, tx, req.GetConsumer(), req.GetAggregate(), req.GetUpToSequence(), by)
			if err != nil {
				return nil, err
			}
			return &deliveryv1.SkipGapResponse{FirstSequence: gap.First, LastSequence: gap.Last}, nil
		})
	})
}
