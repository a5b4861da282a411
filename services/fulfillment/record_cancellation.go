package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordCancellation implements the RPC of the same name.
func (s *Service) RecordCancellation(
	ctx context.Context, req *fulfillmentv1.RecordCancellationRequest,
) (*fulfillmentv1.RecordCancellationResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedCancellation, req.GetReports(), answerFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordCancellationResponse{Outcomes: convertAll(outcomes, reportOutcomeToProto)}, nil
}
