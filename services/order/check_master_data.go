package order

import (
	"context"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// CheckMasterData implements the RPC of the same name.
func (s *Service) CheckMasterData(
	ctx context.Context, req *orderv1.CheckMasterDataRequest,
) (*orderv1.CheckMasterDataResponse, error) {
	q, reply := store.New(s.db.Pool()), &orderv1.CheckMasterDataResponse{}
	if len(req.GetSkus()) > 0 {
		keys := make([]string, len(req.GetSkus()))
		for i, sku := range req.GetSkus() {
			keys[i] = domain.SKUKey(sku)
		}
		items, err := q.FindItems(ctx, keys)
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		known := make(map[string]bool, len(items))
		for _, item := range items {
			known[item.SkuKey] = true
		}
		for i, sku := range req.GetSkus() {
			if !known[keys[i]] {
				reply.UnknownSkus = append(reply.UnknownSkus, sku)
			}
		}
	}
	if len(req.GetAccountIds()) > 0 {
		accounts, err := q.FindAccounts(ctx, req.GetAccountIds())
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		known := make(map[string]bool, len(accounts))
		for _, account := range accounts {
			known[account.AccountID] = true
		}
		for _, id := range req.GetAccountIds() {
			if !known[id] {
				reply.UnknownAccountIds = append(reply.UnknownAccountIds, id)
			}
		}
	}
	return reply, nil
}
