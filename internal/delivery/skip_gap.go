package delivery

import (
	"context"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// SkipGap implements the RPC of the same name.
func (s *Service) SkipGap(ctx context.Context, req *deliveryv1.SkipGapRequest) (*deliveryv1.SkipGapResponse, error) {
	by := inbox.Decision{Actor: req.GetActor(), Reason: req.GetReason()}
	return once(ctx, s, "skip_gap", req, func(tx database.Transaction) (*deliveryv1.SkipGapResponse, error) {
		gap, err := inbox.SkipGap(ctx, tx, req.GetConsumer(), req.GetAggregate(), req.GetUpToSequence(), by)
		if err != nil {
			return nil, err
		}
		return &deliveryv1.SkipGapResponse{FirstSequence: gap.First, LastSequence: gap.Last}, nil
	})
}
