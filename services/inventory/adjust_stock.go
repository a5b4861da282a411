package inventory

import (
	"cmp"
	"context"
	"slices"

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
	parts := flowsDocumented("adjustments", flowsOf(adjustments), func(i int) *inventoryv1.StockDocument {
		return req.GetAdjustments()[i].GetDocument()
	})
	if err := refuse(twiceDocumented(parts), "no stock was adjusted"); err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: principal(ctx), Method: "adjust_stock", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.AdjustStockResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.AdjustStockResponse, error) {
			recorded, err := recordedDocuments(ctx, tx, parts)
			if err != nil {
				return nil, err
			}
			adjustments := slices.Clone(adjustments)
			for i := range adjustments {
				_, adjustments[i].Recorded = recorded[i]
			}
			flows := flowsOf(adjustments)
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
			balances, before, err := s.balancesDocumented(shelf, flows, recorded)
			if err != nil {
				return nil, err
			}
			return &inventoryv1.AdjustStockResponse{Balances: balances, RecordedBefore: before},
				saveDocuments(ctx, tx, parts, recorded, balances, now)
		})
	})
}

func flowsOf(adjustments []domain.Adjustment) []domain.Flow {
	flows := make([]domain.Flow, len(adjustments))
	for i, adjustment := range adjustments {
		flows[i] = adjustment.Flow()
	}
	return flows
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
