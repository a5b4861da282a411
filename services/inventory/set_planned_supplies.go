package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// SetPlannedSupplies implements the RPC of the same name. No stock moves by it: it does not wait for its turn to write.
func (s *Service) SetPlannedSupplies(
	ctx context.Context, req *inventoryv1.SetPlannedSuppliesRequest,
) (*inventoryv1.SetPlannedSuppliesResponse, error) {
	plans, err := s.plansFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	kept, err := database.Tx(ctx, s.db, "set_planned_supplies", func(tx database.Transaction) ([]domain.Plan, error) {
		return store.SavePlans(ctx, tx, plans)
	})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.SetPlannedSuppliesResponse{PlannedSupplies: s.plansToProto(kept)}, nil
}
