package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordAcknowledgement implements the RPC of the same name.
func (s *Service) RecordAcknowledgement(
	ctx context.Context, req *fulfillmentv1.RecordAcknowledgementRequest,
) (*fulfillmentv1.RecordAcknowledgementResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedAcknowledgement, req.GetAcknowledgements(), acknowledgeFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordAcknowledgementResponse{Outcomes: convertAll(outcomes, reportOutcomeToProto)}, nil
}
