package order

import (
	"context"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// QuoteOrder implements the RPC of the same name.
func (s *Service) QuoteOrder(ctx context.Context, req *orderv1.QuoteOrderRequest) (*orderv1.QuoteOrderResponse, error) {
	caller := rpc.IdentityFrom(ctx)
	ask := domain.Ask{
		AccountID: req.GetAccountId(), Currency: req.GetCurrencyCode(), Lines: askLines(req.GetLines()),
		MayAgree: caller.Partner == "" || caller.Allows(scopeAgreedPrice),
	}
	catalog, err := s.catalogs.For(ctx, s.db.Pool(), []domain.Ask{ask})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	priced, err := domain.Price(ask, catalog)
	if err != nil {
		return nil, err
	}
	reply := &orderv1.QuoteOrderResponse{
		NetTotal: &commonv1.Money{CurrencyCode: req.GetCurrencyCode(), MinorUnits: priced.NetTotal},
	}
	left, err := s.available(ctx, priced, reply)
	if err != nil {
		return nil, err
	}
	for i := range priced.Lines {
		line, sent := &priced.Lines[i], req.GetLines()[i]
		available := line.Base
		if !line.Item.Service {
			available = min(line.Base, left[line.Item.SKU])
			left[line.Item.SKU] -= available
		}
		reply.Lines = append(reply.Lines, &orderv1.QuoteLine{
			Sku: string(line.Item.SKU), Quantity: sent.GetQuantity(), UnitPrice: line.UnitPrice.String(),
			PriceUnit: line.PriceUnit, PriceSource: line.Source, BaseUnit: line.Item.BaseUnit,
			NetAmount: &commonv1.Money{CurrencyCode: req.GetCurrencyCode(), MinorUnits: line.Net},
			Available: quantity.Format(available, line.Item.Scale),
		})
	}
	return reply, nil
}

// available asks inventory how much of each of the goods may be promised, over all places.
func (s *Service) available(ctx context.Context, priced *domain.Priced, reply *orderv1.QuoteOrderResponse) (map[domain.SKU]int64, error) {
	scales := map[domain.SKU]int{}
	ask := &inventoryv1.CheckAvailabilityRequest{}
	for i := range priced.Lines {
		item := priced.Lines[i].Item
		if _, asked := scales[item.SKU]; !asked && !item.Service {
			scales[item.SKU] = item.Scale
			ask.Skus = append(ask.Skus, string(item.SKU))
		}
	}
	left := make(map[domain.SKU]int64, len(scales))
	if len(ask.GetSkus()) == 0 {
		reply.AsOf = timeToProto(s.now())
		return left, nil
	}
	found, err := s.inventory.CheckAvailability(ctx, ask)
	if err != nil {
		return nil, err
	}
	reply.AsOf = found.GetAsOf()
	for _, one := range found.GetAvailability() {
		sku := domain.SKU(one.GetSku())
		sellable, err := quantity.Parse(one.GetSellable(), scales[sku])
		if err != nil {
			return nil, err
		}
		left[sku] += sellable
	}
	return left, nil
}
