package inventory

import (
	"context"
	"slices"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ChangeStockStatus implements the RPC of the same name.
func (s *Service) ChangeStockStatus(
	ctx context.Context, req *inventoryv1.ChangeStockStatusRequest,
) (*inventoryv1.ChangeStockStatusResponse, error) {
	now := s.now()
	flows, err := s.statusChangesFromProto(ctx, req, now)
	if err != nil {
		return nil, err
	}
	parts := flowsDocumented("changes", flows, func(i int) *inventoryv1.StockDocument { return req.GetChanges()[i].GetDocument() })
	if err := refuse(twiceDocumented(parts), "nothing was changed"); err != nil {
		return nil, err
	}
	key := idempotency.Key{Principal: principal(ctx), Method: "change_stock_status", RequestID: req.GetRequestId()}
	return write(ctx, s, key.Method, func(tx database.Transaction) (*inventoryv1.ChangeStockStatusResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*inventoryv1.ChangeStockStatusResponse, error) {
			recorded, err := recordedDocuments(ctx, tx, parts)
			if err != nil {
				return nil, err
			}
			flows := slices.Clone(flows)
			for i := range flows {
				_, flows[i].Recorded = recorded[i]
			}
			shelf, err := s.flow(ctx, tx, flows, now, "changes[%d].quantity")
			if err != nil {
				return nil, err
			}
			if err := s.settle(ctx, tx, shelf, now); err != nil {
				return nil, err
			}
			balances, before, err := s.balancesDocumented(shelf, flows, recorded)
			if err != nil {
				return nil, err
			}
			return &inventoryv1.ChangeStockStatusResponse{Balances: balances, RecordedBefore: before},
				saveDocuments(ctx, tx, parts, recorded, balances, now)
		})
	})
}

// flow moves goods, or fails about the field. What it did has to be settled.
func (s *Service) flow(
	ctx context.Context, tx database.Transaction, flows []domain.Flow, now time.Time, field string,
) (*domain.Shelf, error) {
	shelf, err := store.LoadForFlows(ctx, tx, s.items, flows, now)
	if err != nil {
		return nil, err
	}
	refusal, err := shelf.Flow(flows)
	if err != nil {
		return nil, err
	}
	return shelf, flowFault(refusal, field)
}
