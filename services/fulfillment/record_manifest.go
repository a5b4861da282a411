package fulfillment

import (
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// RecordManifest implements the RPC of the same name.
func (s *Service) RecordManifest(
	ctx context.Context, req *fulfillmentv1.RecordManifestRequest,
) (*fulfillmentv1.RecordManifestResponse, error) {
	outcomes, err := report(ctx, s, store.ParkedManifest, req.GetManifests(), manifestFromProto)
	if err != nil {
		return nil, err
	}
	return &fulfillmentv1.RecordManifestResponse{Outcomes: convertAll(outcomes, shipmentOutcomeToProto)}, nil
}
