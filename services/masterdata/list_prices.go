package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListPrices implements the RPC of the same name. The token is what tells the last price of the page from others.
func (s *Service) ListPrices(ctx context.Context, req *masterdatav1.ListPricesRequest) (*masterdatav1.ListPricesResponse, error) {
	key, err := readPageToken(req.GetPageToken(), 5)
	if err != nil {
		return nil, err
	}
	after := domain.Price{PriceList: key[0], CurrencyCode: key[1], SKU: key[2], MinQuantity: key[3], ValidFrom: key[4]}
	size := pageSize(req.GetPageSize())
	filter := store.PriceFilter{
		PriceList: req.GetPriceList(), SKU: req.GetSku(), CurrencyCode: req.GetCurrencyCode(), HoldingOn: req.GetHoldingOn(),
		Partner: rpc.IdentityFrom(ctx).Partner,
	}
	prices, err := store.ListPricesAfter(ctx, s.db.Pool(), filter, after, size+1)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ListPricesResponse{}
	reply.Prices, reply.NextPageToken = page(prices, size, priceToProto, func(p domain.Price) []string {
		return []string{p.PriceList, p.CurrencyCode, p.SKU, p.MinQuantity, p.ValidFrom}
	})
	return reply, nil
}
