package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ListWaves implements the RPC of the same name.
func (s *Service) ListWaves(ctx context.Context, req *fulfillmentv1.ListWavesRequest) (*fulfillmentv1.ListWavesResponse, error) {
	var state domain.WaveState
	for known, named := range waveStates {
		if named == req.GetState() {
			state = known
		}
	}
	waves, token, err := page(req, func(before uuid.UUID, limit int) ([]*domain.Wave, error) {
		return store.ListWavesBefore(ctx, s.db.Pool(), req.GetNodeId(), state, before, limit)
	}, func(wave *domain.Wave) uuid.UUID { return wave.ID })
	if err != nil {
		return nil, err
	}
	reply := &fulfillmentv1.ListWavesResponse{NextPageToken: token, Waves: convertAll(waves, waveToProto)}
	for _, wave := range reply.GetWaves() {
		wave.FulfillmentIds = nil
	}
	return reply, nil
}
