package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// ItemVersion is an item as master data tells it.
type ItemVersion struct {
	domain.Item
	Version int64
}

// NodeVersion is a place as master data tells it.
type NodeVersion struct {
	domain.Node
	Version  int64
	Calendar NodeCalendar
}

// SaveItems stores the items of the set, each of which stands in it once. An older version than the stored one changes
// nothing.
func SaveItems(ctx context.Context, tx database.Transaction, items []ItemVersion) error {
	if len(items) == 0 {
		return nil
	}
	var set SaveItemsParams
	for _, item := range items {
		set.SkuKeys = append(set.SkuKeys, domain.ItemKey(item.SKU))
		set.Skus = append(set.Skus, string(item.SKU))
		set.Goods = append(set.Goods, item.Goods)
		set.Scales = append(set.Scales, int64(item.Scale))
		set.BaseUnits = append(set.BaseUnits, item.BaseUnit)
		set.LotTracked = append(set.LotTracked, item.LotTracked)
		set.Versions = append(set.Versions, item.Version)
	}
	return New(tx).SaveItems(ctx, set)
}

// SaveNodes stores the places of the set, each of which stands in it once, and returns the balances of which something
// else may be promised now, since their place became active or inactive.
func SaveNodes(ctx context.Context, tx database.Transaction, nodes []NodeVersion, now time.Time) ([]domain.StockKey, error) {
	if len(nodes) == 0 {
		return nil, nil
	}
	var set SaveNodesParams
	for _, node := range nodes {
		set.NodeIds = append(set.NodeIds, string(node.ID))
		set.Priorities = append(set.Priorities, node.Priority)
		set.Inactives = append(set.Inactives, node.Inactive)
		set.Versions = append(set.Versions, node.Version)
		calendar, err := json.Marshal(node.Calendar)
		if err != nil {
			return nil, err
		}
		set.Calendars = append(set.Calendars, calendar)
	}
	queries := New(tx)
	stored, err := queries.LockNodes(ctx, set.NodeIds)
	if err != nil {
		return nil, err
	}
	before := make(map[domain.NodeID]Node, len(stored))
	for _, row := range stored {
		before[domain.NodeID(row.NodeID)] = row
	}
	var turned []string
	for _, node := range nodes {
		row, known := before[node.ID]
		if known && node.Version > row.Version && node.Inactive != row.Inactive {
			turned = append(turned, string(node.ID))
		}
	}
	if err := queries.SaveNodes(ctx, set); err != nil || len(turned) == 0 {
		return nil, err
	}
	rows, err := queries.TouchBalancesOfNodes(ctx, TouchBalancesOfNodesParams{NodeIds: turned, AsOf: now})
	if err != nil {
		return nil, err
	}
	keys := make([]domain.StockKey, len(rows))
	for i, row := range rows {
		keys[i] = domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}
	}
	return keys, nil
}
