package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var nodeKind = kind[domain.Node]{
	name: "upsert_nodes", list: "nodes",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.Node) (map[string]domain.Node, error) {
		return store.LockNodes(ctx, tx, keys(wanted))
	},
	save: store.SaveNodes,
	event: func(node domain.Node) (string, proto.Message, domain.Version) {
		return node.NodeID, &masterdatav1.NodeChanged{NodeId: node.NodeID, Node: nodeToProto(node)}, node.Version
	},
}

// UpsertNodes implements the RPC of the same name.
func (s *Service) UpsertNodes(ctx context.Context, req *masterdatav1.UpsertNodesRequest) (*masterdatav1.UpsertNodesResponse, error) {
	wanted, wrong := nodesFromProto(req.GetNodes())
	stored, err := upsert(ctx, s, nodeKind, wanted, wrong)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertNodesResponse{Nodes: convertAll(stored, nodeToProto)}, nil
}
