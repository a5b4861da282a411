package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetNode implements the RPC of the same name.
func (s *Service) GetNode(ctx context.Context, req *masterdatav1.GetNodeRequest) (*masterdatav1.GetNodeResponse, error) {
	found, err := store.FindNodes(ctx, s.db.Pool(), []string{req.GetNodeId()})
	if err != nil {
		return nil, err
	}
	node, ok := found[req.GetNodeId()]
	if !ok {
		return nil, fault.New(fault.NotFound, "NODE_NOT_FOUND", "there is no node %q", req.GetNodeId())
	}
	return &masterdatav1.GetNodeResponse{Node: nodeToProto(node)}, nil
}
