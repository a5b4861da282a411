package inventory

import (
	"cmp"
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// AdjustStock implements the RPC of the same name.
func (s *Service) AdjustStock(
	ctx context.Context, req *inventoryv1.AdjustStockRequest,
) (*inventoryv1.AdjustStockResponse, error) {
	now := s.now()
	adjustments, err := s.adjustmentsFromProto(ctx, req, now)
	if err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: principal(ctx), Method: "adjust_stock", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.AdjustStockResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.AdjustStockResponse, error) {
			shelf, err := store.LoadForAdjust(ctx, tx, adjustments, now)
			if err != nil {
				return nil, err
			}
			if err := shelf.Adjust(adjustments); err != nil {
				return nil, err
			}
			if err := s.settle(ctx, tx, shelf, now); err != nil {
				return nil, err
			}
			reply := &inventoryv1.AdjustStockResponse{}
			for _, adjustment := range adjustments {
				balance := shelf.Balance(adjustment.StockKey)
				reply.Balances = append(reply.Balances, balanceToProto(balance, s.items.known(balance.SKU)))
			}
			return reply, nil
		})
	})
}

// principal is whose idempotency keys these are.
func principal(ctx context.Context) string {
	identity := rpc.IdentityFrom(ctx)
	return cmp.Or(identity.Partner, identity.Principal, identity.Service)
}
