package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// GetFulfillment implements the RPC of the same name. What belongs to another partner is not there.
func (s *Service) GetFulfillment(
	ctx context.Context, req *fulfillmentv1.GetFulfillmentRequest,
) (*fulfillmentv1.GetFulfillmentResponse, error) {
	found, err := store.FindFulfillment(ctx, s.db.Pool(), fulfillmentID(req.GetFulfillmentId()))
	if err != nil {
		return nil, err
	}
	if found == nil || !visible(ctx, found.PartnerID) {
		return nil, fault.New(fault.NotFound, "FULFILLMENT_NOT_FOUND", "there is no order %q to a warehouse", req.GetFulfillmentId())
	}
	reply := &fulfillmentv1.GetFulfillmentResponse{Fulfillment: fulfillmentToProto(found)}
	if found.Stage == domain.StageCreated {
		reply.Fulfillment.WaitsForWave, err = store.WaitsForWave(ctx, s.db.Pool(), found.ID)
	}
	return reply, err
}

// visible reports whether the caller may see what belongs to a partner: its own, or everything if it is none.
func visible(ctx context.Context, partner string) bool {
	caller := rpc.IdentityFrom(ctx).Partner
	return caller == "" || caller == partner
}
