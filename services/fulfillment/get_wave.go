package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// GetWave implements the RPC of the same name.
func (s *Service) GetWave(ctx context.Context, req *fulfillmentv1.GetWaveRequest) (*fulfillmentv1.GetWaveResponse, error) {
	found, err := store.FindWave(ctx, s.db.Pool(), waveID(req.GetWaveId()))
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, waveNotFound(req.GetWaveId())
	}
	return &fulfillmentv1.GetWaveResponse{Wave: waveToProto(found)}, nil
}

// waveID reads the id of a wave. One that cannot be ours is one that nobody knows: the zero id.
func waveID(text string) uuid.UUID {
	parsed, err := id.Parse(id.Wave, text)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

func waveNotFound(text string) error {
	return fault.New(fault.NotFound, "WAVE_NOT_FOUND", "there is no wave %q", text)
}
