package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockNodes loads the nodes of the set by key and locks them until the transaction ends.
func LockNodes(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Node, error) {
	rows, err := New(tx).LockNodes(ctx, keys)
	return foundByKey(ctx, rows, err, toNode)
}

// FindNodes loads the nodes of the set by key.
func FindNodes(ctx context.Context, db DBTX, keys []string) (map[string]domain.Node, error) {
	rows, err := New(db).FindNodes(ctx, keys)
	return foundByKey(ctx, rows, err, toNode)
}

// AllNodes loads every node in the order of the ids.
func AllNodes(ctx context.Context, db DBTX) ([]domain.Node, error) {
	rows, err := New(db).ListNodes(ctx)
	return found(ctx, rows, err, toNode)
}

// SaveNodes stores the nodes of the set.
func SaveNodes(ctx context.Context, tx database.Transaction, nodes []domain.Node) error {
	var set SaveNodesParams
	var json writer
	for _, node := range nodes {
		set.NodeIds = append(set.NodeIds, node.NodeID)
		set.Names = append(set.Names, node.Name)
		set.Priorities = append(set.Priorities, node.Priority)
		set.Inactives = append(set.Inactives, node.Inactive)
		set.TimeZones = append(set.TimeZones, node.TimeZone)
		set.ClosedWeekdays = append(set.ClosedWeekdays, list(&json, node.ClosedWeekdays))
		set.Holidays = append(set.Holidays, list(&json, node.Holidays))
		set.CutOffs = append(set.CutOffs, node.CutOff)
		set.Capacities = append(set.Capacities, node.DailyLineCapacity)
		set.TransitTimes = append(set.TransitTimes, list(&json, node.TransitTimes))
		set.WavePickings = append(set.WavePickings, node.WavePicking)
		set.Addresses = append(set.Addresses, json.write(node.Address))
		set.Versions = append(set.Versions, node.Version.Number)
		set.UpdatedAt = node.Version.UpdatedAt
	}
	if json.err != nil {
		return json.err
	}
	return database.Fault(ctx, New(tx).SaveNodes(ctx, set))
}

func toNode(row Node) (domain.Node, error) {
	node := domain.Node{
		NodeID: row.NodeID, Name: row.Name, Priority: row.Priority, Inactive: row.Inactive, TimeZone: row.TimeZone,
		CutOff: row.CutOff, DailyLineCapacity: row.DailyLineCapacity, WavePicking: row.WavePicking,
		Version: version(row.Version, row.UpdatedAt),
	}
	var json reader
	json.read(row.ClosedWeekdays, &node.ClosedWeekdays)
	json.read(row.Holidays, &node.Holidays)
	json.read(row.TransitTimes, &node.TransitTimes)
	json.read(row.Address, &node.Address)
	return node, json.err
}
