package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// CreateStockHold implements the RPC of the same name: a soft reservation under a key of its own, which an order names when
// it takes the hold over.
func (s *Service) CreateStockHold(
	ctx context.Context, req *inventoryv1.CreateStockHoldRequest,
) (*inventoryv1.CreateStockHoldResponse, error) {
	now := s.now()
	want, err := s.holdFromProto(ctx, req, rpc.IdentityFrom(ctx).Partner, now)
	if err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: principal(ctx), Method: "create_stock_hold", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.CreateStockHoldResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.CreateStockHoldResponse, error) {
			wants := []domain.Want{want}
			shelf, err := store.LoadForReserve(ctx, tx, wants, now, s.db.Cockroach())
			if err != nil {
				return nil, err
			}
			outcome := shelf.Reserve(wants)[0]
			if outcome.Refusal != nil {
				return nil, s.holdRefused(want, outcome.Refusal)
			}
			if err := s.settle(ctx, tx, shelf, now); err != nil {
				return nil, err
			}
			return &inventoryv1.CreateStockHoldResponse{StockHold: s.holdToProto(store.Hold{
				Key: want.Key, Channel: want.Channel, State: domain.Soft, ExpiresAt: want.ExpiresAt, CreatedAt: now,
				Lines: outcome.Lines,
			}, now)}, nil
		})
	})
}
