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
	// What it would be as an order is decided by the code that takes orders.
	would := &submission{request: &orderv1.SubmitOrderRequest{
		PartnerId: req.GetPartnerId(), Channel: req.GetChannel(), AccountId: req.GetAccountId(),
		CurrencyCode: req.GetCurrencyCode(), Lines: req.GetLines(), OrderedAt: req.GetOrderedAt(), Charges: req.GetCharges(),
	}}
	caller, now := rpc.IdentityFrom(ctx), s.now()
	if err := fillDefaults(would.request, caller); err != nil {
		return nil, err
	}
	would.ask = askOf(would.request, caller)
	if err := would.readDates(now); err != nil {
		return nil, err
	}
	catalog, err := s.catalogs.For(ctx, s.db.Pool(), []domain.Ask{would.ask})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	priced, err := domain.Price(would.ask, catalog)
	if err != nil {
		return nil, err
	}
	currency := req.GetCurrencyCode()
	reply := &orderv1.QuoteOrderResponse{NetTotal: &commonv1.Money{CurrencyCode: currency, MinorUnits: priced.NetTotal}}
	reply.Charges, reply.TotalBeforeTax = appliedCharges(chargesToProto(priced.Charges), priced.NetTotal, currency)
	order := &domain.Order{}
	(&draft{differs: priced.Differences()}).hold(order, now)
	for _, hold := range order.Holds {
		reply.Holds = append(reply.Holds, holdToProto(hold))
	}
	left, err := s.available(ctx, priced, would.request.GetChannel(), reply)
	if err != nil {
		return nil, err
	}
	for i := range priced.Lines {
		line := &priced.Lines[i]
		quoted := quoteLine(line, req.GetLines()[i], left, currency)
		for _, one := range priced.Breaks(line, catalog) {
			quoted.Breaks = append(quoted.Breaks, &orderv1.PriceBreak{
				MinQuantity: quantity.Format(one.MinQuantity, minimumPlaces), UnitPrice: one.UnitPrice.String(), PriceUnit: one.Unit,
			})
		}
		reply.Lines = append(reply.Lines, quoted)
	}
	return reply, nil
}

// quoteLine takes what is available of the line's item out of left: several lines of one item share it.
func quoteLine(line *domain.PricedLine, sent *orderv1.SubmitOrderLine, left map[domain.SKU]int64, currency string) *orderv1.QuoteLine {
	available := line.Base
	if !line.Item.Service {
		available = min(line.Base, left[line.Item.SKU])
		left[line.Item.SKU] -= available
	}
	return &orderv1.QuoteLine{
		Sku: string(line.Item.SKU), Quantity: sent.GetQuantity(), UnitPrice: line.UnitPrice.String(),
		PriceUnit: line.PriceUnit, PriceSource: line.Source, BaseUnit: line.Item.BaseUnit,
		NetAmount: &commonv1.Money{CurrencyCode: currency, MinorUnits: line.Net},
		Available: quantity.Format(available, line.Item.Scale),
	}
}

// available asks inventory how much of each of the goods may be promised to a channel, over all places.
func (s *Service) available(
	ctx context.Context, priced *domain.Priced, channel string, reply *orderv1.QuoteOrderResponse,
) (map[domain.SKU]int64, error) {
	scales := map[domain.SKU]int{}
	ask := &inventoryv1.CheckAvailabilityRequest{Channel: channel}
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
