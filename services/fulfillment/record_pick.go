package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordPick implements the RPC of the same name.
func (s *Service) RecordPick(
	ctx context.Context, req *fulfillmentv1.RecordPickRequest,
) (*fulfillmentv1.RecordPickResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedPick, req.GetReports(), pickFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordPickResponse{Outcomes: convertAll(outcomes, reportOutcomeToProto)}, nil
}
