package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// ReleaseStockHold implements the RPC of the same name.
func (s *Service) ReleaseStockHold(
	ctx context.Context, req *inventoryv1.ReleaseStockHoldRequest,
) (*inventoryv1.ReleaseStockHoldResponse, error) {
	hold, err := s.changeHold(ctx, "release_stock_hold", req.GetStockHoldId(), func(shelf *domain.Shelf) error {
		shelf.Release(req.GetStockHoldId())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.ReleaseStockHoldResponse{StockHold: hold}, nil
}
