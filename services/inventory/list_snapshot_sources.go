package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListSnapshotSources implements the RPC of the same name.
func (s *Service) ListSnapshotSources(
	ctx context.Context, _ *inventoryv1.ListSnapshotSourcesRequest,
) (*inventoryv1.ListSnapshotSourcesResponse, error) {
	sources, err := store.Sources(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListSnapshotSourcesResponse{}
	for _, source := range sources {
		reply.Sources = append(reply.Sources, sourceToProto(source))
	}
	return reply, nil
}
