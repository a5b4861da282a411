package store

import (
	"context"
	"slices"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// ItemVersion is an item with the number of its change.
type ItemVersion struct {
	domain.Item
	Version int64
}

// NodeVersion is a place with the number of its change.
type NodeVersion struct {
	ID string
	// WavePicking: orders to it wait for a wave.
	WavePicking bool
	Version     int64
}

// SaveMasterData stores the items and the places of the set, each of which stands in it once. An older version than the stored one
// changes nothing.
func SaveMasterData(ctx context.Context, tx database.Transaction, items []ItemVersion, nodes []NodeVersion) error {
	queries := New(tx)
	if len(nodes) > 0 {
		var set SaveKnownNodesParams
		for _, node := range nodes {
			set.NodeIds = append(set.NodeIds, node.ID)
			set.WavePickings = append(set.WavePickings, node.WavePicking)
			set.Versions = append(set.Versions, node.Version)
		}
		if err := queries.SaveKnownNodes(ctx, set); err != nil {
			return database.Fault(ctx, err)
		}
	}
	if len(items) == 0 {
		return nil
	}
	var set SaveItemsParams
	for _, item := range items {
		set.SkuKeys = append(set.SkuKeys, domain.ItemKey(item.SKU))
		set.Skus = append(set.Skus, item.SKU)
		set.Scales = append(set.Scales, int64(item.Scale))
		set.BaseUnits = append(set.BaseUnits, item.BaseUnit)
		set.Services = append(set.Services, item.Service)
		set.LotTrackeds = append(set.LotTrackeds, item.LotTracked)
		set.Versions = append(set.Versions, item.Version)
	}
	return database.Fault(ctx, queries.SaveItems(ctx, set))
}

// loadCatalog finds the items and places of codes.
func loadCatalog(ctx context.Context, queries *Queries, skus, nodes []string) (domain.Catalog, error) {
	catalog := domain.Catalog{Items: make(map[string]domain.Item, len(skus)), Nodes: make(map[string]bool, len(nodes))}
	keys := make([]string, 0, len(skus))
	for _, sku := range skus {
		if sku != "" {
			keys = append(keys, domain.ItemKey(sku))
		}
	}
	if keys = sorted(keys); len(keys) > 0 {
		rows, err := queries.FindItems(ctx, keys)
		if err != nil {
			return catalog, err
		}
		for _, row := range rows {
			catalog.Items[row.SkuKey] = domain.Item{
				SKU: row.Sku, Scale: int32(row.Scale), BaseUnit: row.BaseUnit, Service: row.Service, LotTracked: row.LotTracked,
			}
		}
	}
	found, err := queries.FindKnownNodes(ctx, sorted(nodes))
	for _, node := range found {
		catalog.Nodes[node] = true
	}
	return catalog, err
}

// LotTracked finds those of the items whose stock is kept by lot, by ItemKey.
func LotTracked(ctx context.Context, db DBTX, skus []string) (map[string]bool, error) {
	keys := make([]string, 0, len(skus))
	for _, sku := range skus {
		keys = append(keys, domain.ItemKey(sku))
	}
	found, err := New(db).FindLotTracked(ctx, sorted(keys))
	tracked := make(map[string]bool, len(found))
	for _, key := range found {
		tracked[key] = true
	}
	return tracked, database.Fault(ctx, err)
}

// sorted gives each text of the set once, in order.
func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}
