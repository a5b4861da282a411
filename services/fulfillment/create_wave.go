package fulfillment

import (
	"cmp"
	"context"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// defaultWave is how many orders a wave takes when the caller does not say.
const defaultWave = 1000

// CreateWave implements the RPC of the same name.
func (s *Service) CreateWave(ctx context.Context, req *fulfillmentv1.CreateWaveRequest) (*fulfillmentv1.CreateWaveResponse, error) {
	made := id.New()
	return onceFor(ctx, s, "create_wave", req, func(tx database.Transaction) (*domain.Wave, error) {
		waiting, err := store.LockWaiting(ctx, tx, store.WaveFilter{
			NodeID: req.GetNodeId(), ShipBy: req.GetShipBy(), Carrier: req.GetCarrier(), ServiceLevel: req.GetServiceLevel(),
			MaxOrders: cmp.Or(int(req.GetMaxOrders()), defaultWave),
		})
		switch {
		case err != nil:
			return nil, err
		case len(waiting) == 0:
			return nil, fault.New(fault.Precondition, "NOTHING_WAITS", "no such order waits for a wave at %q", req.GetNodeId())
		}
		wave := &domain.Wave{ID: made, NodeID: req.GetNodeId(), State: domain.WavePlanned, CreatedAt: s.now()}
		wave.Fill(waiting, int64(req.GetMaxLines()))
		return wave, store.AddWave(ctx, tx, wave)
	}, func(wave *domain.Wave) *fulfillmentv1.CreateWaveResponse {
		return &fulfillmentv1.CreateWaveResponse{Wave: waveToProto(wave)}
	})
}
