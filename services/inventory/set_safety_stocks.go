package inventory

import (
	"context"
	"slices"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// SetSafetyStocks implements the RPC of the same name. Stock that is kept back no longer goes to demand that waits in the same
// transaction.
func (s *Service) SetSafetyStocks(
	ctx context.Context, req *inventoryv1.SetSafetyStocksRequest,
) (*inventoryv1.SetSafetyStocksResponse, error) {
	rows, err := s.safetyStocksFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	keys := make([]domain.StockKey, len(rows))
	skus := make([]domain.SKU, len(rows))
	for i, row := range rows {
		keys[i], skus[i] = row.StockKey, row.SKU
	}
	now := s.now()
	_, err = write(ctx, s, "set_safety_stocks", func(tx database.Transaction) (struct{}, error) {
		if err := store.SaveSafetyStocks(ctx, tx, rows); err != nil {
			return struct{}{}, err
		}
		shelf, err := store.LoadForServe(ctx, tx, slices.Clone(skus), now)
		if err != nil {
			return struct{}{}, err
		}
		shelf.Touch(keys)
		shelf.Serve()
		return struct{}{}, s.settle(ctx, tx, shelf, now)
	})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.SetSafetyStocksResponse{SafetyStocks: s.safetyStocksToProto(rows)}, nil
}
