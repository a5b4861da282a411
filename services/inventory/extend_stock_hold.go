package inventory

import (
	"context"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ExtendStockHold implements the RPC of the same name.
func (s *Service) ExtendStockHold(
	ctx context.Context, req *inventoryv1.ExtendStockHoldRequest,
) (*inventoryv1.ExtendStockHoldResponse, error) {
	until := req.GetExpiresAt().AsTime().Truncate(time.Microsecond)
	hold, err := s.changeHold(ctx, "extend_stock_hold", req.GetStockHoldId(), func(shelf *domain.Shelf) error {
		return shelf.Extend(req.GetStockHoldId(), until)
	})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.ExtendStockHoldResponse{StockHold: hold}, nil
}

// changeHold changes a hold that the caller may see, and answers with it as it is then.
func (s *Service) changeHold(
	ctx context.Context, method, key string, change func(shelf *domain.Shelf) error,
) (*inventoryv1.StockHold, error) {
	if _, err := s.readHold(ctx, s.db.Pool(), key); err != nil {
		return nil, err
	}
	now := s.now()
	return write(ctx, s, method, func(tx database.Transaction) (*inventoryv1.StockHold, error) {
		shelf, err := store.LoadForHold(ctx, tx, key, now)
		if err != nil {
			return nil, err
		}
		if err := change(shelf); err != nil {
			return nil, err
		}
		if err := s.settle(ctx, tx, shelf, now); err != nil {
			return nil, err
		}
		hold, err := s.readHold(ctx, tx, key)
		if err != nil {
			return nil, err
		}
		return s.holdToProto(hold, now), nil
	})
}
