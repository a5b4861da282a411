package inventory

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// SetSnapshotSource implements the RPC of the same name.
func (s *Service) SetSnapshotSource(
	ctx context.Context, req *inventoryv1.SetSnapshotSourceRequest,
) (*inventoryv1.SetSnapshotSourceResponse, error) {
	return database.Tx(ctx, s.db, "set_snapshot_source",
		func(tx database.Transaction) (*inventoryv1.SetSnapshotSourceResponse, error) {
			source, err := store.SetSource(ctx, tx, store.Source{
				Name: req.GetSource(), Lag: req.GetLag().AsDuration(), Fresh: req.GetFreshFor().AsDuration(),
				StaleUnits: req.GetStaleUnits(), StaleBP: int64(req.GetStaleBp()),
			})
			if err != nil {
				return nil, err
			}
			return &inventoryv1.SetSnapshotSourceResponse{Source: sourceToProto(source)}, nil
		})
}

func sourceToProto(source store.Source) *inventoryv1.SnapshotSource {
	return &inventoryv1.SnapshotSource{
		Source: source.Name, Lag: durationpb.New(source.Lag), Ignored: source.Ignored, FreshFor: durationpb.New(source.Fresh),
		StaleUnits: source.StaleUnits, StaleBp: int32(source.StaleBP),
	}
}
