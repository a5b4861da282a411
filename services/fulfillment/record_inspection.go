package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// RecordInspection implements the RPC of the same name.
func (s *Service) RecordInspection(
	ctx context.Context, req *fulfillmentv1.RecordInspectionRequest,
) (*fulfillmentv1.RecordInspectionResponse, error) {
	outcomes, err := s.recordReturns(ctx, "record_inspection", convertAll(req.GetReports(), inspectFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordInspectionResponse{Outcomes: convertAll(outcomes, returnOutcomeToProto)}, nil
}
