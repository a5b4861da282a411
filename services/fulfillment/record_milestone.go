package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordMilestone implements the RPC of the same name.
func (s *Service) RecordMilestone(
	ctx context.Context, req *fulfillmentv1.RecordMilestoneRequest,
) (*fulfillmentv1.RecordMilestoneResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedMilestone, req.GetMilestones(), trackFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordMilestoneResponse{Outcomes: convertAll(outcomes, reportOutcomeToProto)}, nil
}
