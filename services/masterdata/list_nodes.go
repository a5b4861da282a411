package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListNodes implements the RPC of the same name.
func (s *Service) ListNodes(ctx context.Context, _ *masterdatav1.ListNodesRequest) (*masterdatav1.ListNodesResponse, error) {
	nodes, err := store.AllNodes(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	return &masterdatav1.ListNodesResponse{Nodes: convertAll(nodes, nodeToProto)}, nil
}
