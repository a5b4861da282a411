package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// CloseFulfillment implements the RPC of the same name.
func (s *Service) CloseFulfillment(
	ctx context.Context, req *fulfillmentv1.CloseFulfillmentRequest,
) (*fulfillmentv1.CloseFulfillmentResponse, error) {
	target := fulfillmentID(req.GetFulfillmentId())
	found, err := store.FindFulfillment(ctx, s.db.Pool(), target)
	switch {
	case err != nil:
		return nil, err
	case found == nil || !visible(ctx, found.PartnerID):
		return nil, fault.New(fault.NotFound, "FULFILLMENT_NOT_FOUND", "there is no order %q to a warehouse", req.GetFulfillmentId())
	}
	if _, err := s.do(ctx, []domain.Command{domain.CloseShort{Fulfillment: target, Reason: req.GetReason()}}); err != nil {
		return nil, err
	}
	if found, err = store.FindFulfillment(ctx, s.db.Pool(), target); err != nil {
		return nil, err
	}
	return &fulfillmentv1.CloseFulfillmentResponse{Fulfillment: fulfillmentToProto(found)}, nil
}
