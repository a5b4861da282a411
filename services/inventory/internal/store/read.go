package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// Stock is a balance with what may be promised of it.
type Stock struct {
	Balance  domain.Balance
	Sellable int64
}

// FindCatalogue gives the items of the keys by key.
func FindCatalogue(ctx context.Context, db DBTX, keys []string) (map[string]domain.Item, error) {
	rows, err := New(db).FindItems(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make(map[string]domain.Item, len(rows))
	for _, row := range rows {
		found[row.SkuKey] = domain.Item{
			SKU: domain.SKU(row.Sku), Goods: row.Goods, Scale: int(row.Scale), BaseUnit: row.BaseUnit,
			LotTracked: row.LotTracked,
		}
	}
	return found, nil
}

// KnownNodes says which of the places there are.
func KnownNodes(ctx context.Context, db DBTX, nodes []string) (map[domain.NodeID]bool, error) {
	found, err := New(db).FindNodes(ctx, nodes)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	known := make(map[domain.NodeID]bool, len(found))
	for _, node := range found {
		known[domain.NodeID(node)] = true
	}
	return known, nil
}

// ReadStocks gives the stock of the items in all places, in the order of item and place, as it is committed, with what may
// be promised to the channel, and what is left of the channel's quotas.
func ReadStocks(ctx context.Context, db DBTX, skus []string, channel domain.Channel) ([]Stock, []domain.Quota, error) {
	rows, err := New(db).ReadBalancesOfItems(ctx, skus)
	if err != nil {
		return nil, nil, database.Fault(ctx, err)
	}
	return withSellable(ctx, db, rows, channel)
}

// ReadStocksOf gives the stocks of the keys, with what may be promised to channels that are treated like all others.
func ReadStocksOf(ctx context.Context, db DBTX, keys []domain.StockKey) ([]Stock, error) {
	skus, nodes := columns(keys)
	rows, err := New(db).ReadBalances(ctx, ReadBalancesParams{Skus: skus, NodeIds: nodes})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	stocks, _, err := withSellable(ctx, db, rows, "")
	return stocks, err
}

// withSellable asks a shelf what may be promised: the one that Reserve decides on.
func withSellable(ctx context.Context, db DBTX, rows []Balance, channel domain.Channel) ([]Stock, []domain.Quota, error) {
	l, err := begin(ctx, db, time.Time{})
	if err != nil {
		return nil, nil, database.Fault(ctx, err)
	}
	for _, row := range rows {
		l.shelf.PutBalance(toBalance(row))
	}
	if err := l.policies(l.shelf.SKUs()); err != nil {
		return nil, nil, database.Fault(ctx, err)
	}
	stocks := make([]Stock, len(rows))
	for i, row := range rows {
		balance := toBalance(row)
		stocks[i] = Stock{Balance: balance, Sellable: l.shelf.SellableTo(balance.StockKey, channel)}
	}
	return stocks, l.shelf.QuotasOf(channel), nil
}

// StocksAfter gives at most limit items in places that have a balance and come after the key, in their order.
func StocksAfter(ctx context.Context, db DBTX, after domain.StockKey, limit int) ([]domain.StockKey, error) {
	rows, err := New(db).StocksAfter(ctx, StocksAfterParams{Sku: string(after.SKU), NodeID: string(after.Node), PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	stocks := make([]domain.StockKey, 0, len(rows))
	for _, row := range rows {
		stocks = append(stocks, domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)})
	}
	return stocks, nil
}

// ListBalancesAfter gives at most limit balances that come after the key, of the items and places, or of all where there
// are none.
func ListBalancesAfter(
	ctx context.Context, db DBTX, skus, nodes []string, after domain.StockKey, limit int,
) ([]domain.Balance, error) {
	var rows []Balance
	var err error
	if len(skus) == 0 {
		rows, err = New(db).ListBalances(ctx, ListBalancesParams{
			AfterSku: string(after.SKU), AfterNode: string(after.Node), NodeIds: nodes, PageLimit: int32(limit),
		})
	} else {
		rows, err = New(db).ListBalancesOfItems(ctx, ListBalancesOfItemsParams{
			Skus: skus, AfterSku: string(after.SKU), AfterNode: string(after.Node), NodeIds: nodes, PageLimit: int32(limit),
		})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	balances := make([]domain.Balance, len(rows))
	for i, row := range rows {
		balances[i] = toBalance(row)
	}
	return balances, nil
}

// ServableItemsAfter gives items, in order, for which demand waits beside stock that may be promised.
func ServableItemsAfter(ctx context.Context, db DBTX, after domain.SKU, limit int) ([]domain.SKU, error) {
	rows, err := New(db).ServableItems(ctx, ServableItemsParams{AfterSku: string(after), PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	skus := make([]domain.SKU, len(rows))
	for i, row := range rows {
		skus[i] = domain.SKU(row)
	}
	return skus, nil
}
