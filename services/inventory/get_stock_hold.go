package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// GetStockHold implements the RPC of the same name.
func (s *Service) GetStockHold(
	ctx context.Context, req *inventoryv1.GetStockHoldRequest,
) (*inventoryv1.GetStockHoldResponse, error) {
	hold, err := s.readHold(ctx, s.db.Pool(), req.GetStockHoldId())
	if err != nil {
		return nil, err
	}
	return &inventoryv1.GetStockHoldResponse{StockHold: s.holdToProto(hold, s.now())}, nil
}

// readHold reads a hold that the caller may see, and the items in it.
func (s *Service) readHold(ctx context.Context, db store.DBTX, key string) (store.Hold, error) {
	hold, err := store.FindHold(ctx, db, key, rpc.IdentityFrom(ctx).Partner)
	if err != nil {
		return hold, err
	}
	codes := make([]string, len(hold.Lines))
	for i, line := range hold.Lines {
		codes[i] = string(line.SKU)
	}
	_, err = s.items.find(ctx, db, codes)
	return hold, err
}
