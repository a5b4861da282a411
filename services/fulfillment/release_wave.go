package fulfillment

import (
	"context"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ReleaseWave implements the RPC of the same name.
func (s *Service) ReleaseWave(ctx context.Context, req *fulfillmentv1.ReleaseWaveRequest) (*fulfillmentv1.ReleaseWaveResponse, error) {
	released, err := database.Tx(ctx, s.db, "release_wave", func(tx database.Transaction) (*domain.Wave, error) {
		wave, orders, err := store.LockWave(ctx, tx, waveID(req.GetWaveId()))
		if err != nil || wave == nil || wave.State == domain.WaveReleased {
			return wave, err
		}
		waited := make([]uuid.UUID, 0, len(wave.Members))
		for _, member := range wave.Members {
			waited = append(waited, member.ID)
		}
		send := wave.Release(orders, s.now())
		return wave, store.SaveRelease(ctx, tx, wave, waited, send)
	})
	switch {
	case err != nil:
		return nil, err
	case released == nil:
		return nil, waveNotFound(req.GetWaveId())
	}
	return &fulfillmentv1.ReleaseWaveResponse{Wave: waveToProto(released)}, nil
}
