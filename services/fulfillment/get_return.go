package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// GetReturn implements the RPC of the same name. What belongs to another partner is not there.
func (s *Service) GetReturn(
	ctx context.Context, req *fulfillmentv1.GetReturnRequest,
) (*fulfillmentv1.GetReturnResponse, error) {
	found, err := store.FindReturn(ctx, s.db.Pool(), returnID(req.GetReturnId()))
	if err != nil {
		return nil, err
	}
	if found == nil || !visible(ctx, found.PartnerID) {
		return nil, returnNotFound(req.GetReturnId())
	}
	return &fulfillmentv1.GetReturnResponse{ReturnDocument: returnToProto(found)}, nil
}

func returnNotFound(text string) error {
	return fault.New(fault.NotFound, domain.ReasonReturnNotFound, "there is no return %q", text)
}
