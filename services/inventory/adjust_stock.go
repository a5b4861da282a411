package inventory

import (
	"cmp"
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
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
	flows := make([]domain.Flow, len(adjustments))
	for i, adjustment := range adjustments {
		flows[i] = adjustment.Flow()
	}
	key := idempotency.Key{Principal: principal(ctx), Method: "adjust_stock", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.AdjustStockResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.AdjustStockResponse, error) {
			shelf, err := store.LoadForFlows(ctx, tx, s.items, flows, now)
			if err != nil {
				return nil, err
			}
			if err := shelf.Adjust(adjustments); err != nil {
				return nil, err
			}
			if err := s.settle(ctx, tx, shelf, now); err != nil {
				return nil, err
			}
			return &inventoryv1.AdjustStockResponse{Balances: s.balancesAfter(shelf, flows)}, nil
		})
	})
}

// balancesAfter are the balances of the flows as they are now.
func (s *Service) balancesAfter(shelf *domain.Shelf, flows []domain.Flow) []*inventoryv1.Balance {
	balances := make([]*inventoryv1.Balance, len(flows))
	for i, flow := range flows {
		balances[i] = balanceToProto(shelf.Balance(flow.StockKey), s.items.known(flow.SKU))
	}
	return balances
}

// principal is whose idempotency keys these are.
func principal(ctx context.Context) string {
	identity := rpc.IdentityFrom(ctx)
	return cmp.Or(identity.Partner, identity.Principal, identity.Service)
}
