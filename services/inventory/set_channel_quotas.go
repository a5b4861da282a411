package inventory

import (
	"context"
	"slices"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// SetChannelQuotas implements the RPC of the same name. Demand that a lower quota kept waiting is served in the same
// transaction.
func (s *Service) SetChannelQuotas(
	ctx context.Context, req *inventoryv1.SetChannelQuotasRequest,
) (*inventoryv1.SetChannelQuotasResponse, error) {
	rows, err := s.quotasFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	keys := make([]domain.QuotaKey, len(rows))
	skus := make([]domain.SKU, len(rows))
	for i, row := range rows {
		keys[i], skus[i] = row.QuotaKey, row.SKU
	}
	now := s.now()
	reserved, err := write(ctx, s, "set_channel_quotas", func(tx database.Transaction) ([]int64, error) {
		quotas := slices.Clone(rows)
		if err := store.SaveQuotas(ctx, tx, quotas); err != nil {
			return nil, err
		}
		shelf, err := store.LoadForServe(ctx, tx, slices.Clone(skus), now)
		if err != nil {
			return nil, err
		}
		shelf.Serve()
		reserved := make([]int64, len(quotas))
		for i, quota := range quotas {
			reserved[i] = quota.Reserved + shelf.QuotaMoved(keys[i])
		}
		return reserved, s.settle(ctx, tx, shelf, now)
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].Reserved = reserved[i]
	}
	return &inventoryv1.SetChannelQuotasResponse{ChannelQuotas: s.quotasToProto(rows)}, nil
}
