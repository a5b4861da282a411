package inventory

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// CheckAvailability implements the RPC of the same name.
func (s *Service) CheckAvailability(
	ctx context.Context, req *inventoryv1.CheckAvailabilityRequest,
) (*inventoryv1.CheckAvailabilityResponse, error) {
	items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
	if err != nil {
		return nil, err
	}
	skus := make([]string, 0, len(items))
	for _, item := range items {
		skus = append(skus, string(item.SKU))
	}
	reply := &inventoryv1.CheckAvailabilityResponse{AsOf: timestamppb.New(s.now())}
	stocks, quotas, err := store.ReadStocks(ctx, s.db.Pool(), skus, domain.Channel(req.GetChannel()))
	if err != nil {
		return nil, err
	}
	for _, stock := range stocks {
		if wanted := req.GetNodeIds(); len(wanted) > 0 && !slices.Contains(wanted, string(stock.Balance.Node)) {
			continue
		}
		reply.Availability = append(reply.Availability, availabilityToProto(stock, s.items.known(stock.Balance.SKU)))
	}
	for _, quota := range quotas {
		reply.Quotas = append(reply.Quotas, &inventoryv1.QuotaLeft{
			Sku: string(quota.SKU), Quantity: quantity.Format(quota.Left(), s.items.known(quota.SKU).Scale),
		})
	}
	return reply, nil
}
