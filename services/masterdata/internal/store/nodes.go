package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockNodes loads the nodes of the set by key and locks them until the transaction ends.
func LockNodes(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Node, error) {
	rows, err := New(tx).LockNodes(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return byKey(toNodes(rows)), nil
}

// AllNodes loads every node in the order of the ids.
func AllNodes(ctx context.Context, db DBTX) ([]domain.Node, error) {
	rows, err := New(db).ListNodes(ctx)
	return toNodes(rows), database.Fault(ctx, err)
}

// SaveNodes stores the nodes of the set.
func SaveNodes(ctx context.Context, tx database.Transaction, nodes []domain.Node) error {
	var set SaveNodesParams
	for _, node := range nodes {
		set.NodeIds = append(set.NodeIds, node.NodeID)
		set.Names = append(set.Names, node.Name)
		set.Priorities = append(set.Priorities, node.Priority)
		set.Inactives = append(set.Inactives, node.Inactive)
		set.Versions = append(set.Versions, node.Version.Number)
		set.UpdatedAt = node.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SaveNodes(ctx, set))
}

func toNodes(rows []Node) []domain.Node {
	nodes := make([]domain.Node, 0, len(rows))
	for _, row := range rows {
		nodes = append(nodes, domain.Node{
			NodeID: row.NodeID, Name: row.Name, Priority: row.Priority, Inactive: row.Inactive,
			Version: version(row.Version, row.UpdatedAt),
		})
	}
	return nodes
}
