package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// RecordCancellation implements the RPC of the same name.
func (s *Service) RecordCancellation(
	ctx context.Context, req *fulfillmentv1.RecordCancellationRequest,
) (*fulfillmentv1.RecordCancellationResponse, error) {
	outcomes, err := s.do(ctx, convertAll(req.GetReports(), answerFromProto))
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordCancellationResponse{Outcomes: convertAll(outcomes, reportOutcomeToProto)}, nil
}
