package masterdata

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var priceKind = kind[domain.Price]{
	name: "upsert_prices", list: "prices",
	lock: lockPrices,
	save: store.SavePrices,
	event: func(price domain.Price) (proto.Message, domain.Version) {
		return &masterdatav1.PriceChanged{PriceKey: price.Key(), Price: priceToProto(price)}, price.Version
	},
}

// UpsertPrices implements the RPC of the same name.
func (s *Service) UpsertPrices(ctx context.Context, req *masterdatav1.UpsertPricesRequest) (*masterdatav1.UpsertPricesResponse, error) {
	wanted, err := pricesFromProto(req.GetPrices())
	if err != nil {
		return nil, err
	}
	stored, err := upsert(ctx, s, priceKind, wanted)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertPricesResponse{Prices: convertAll(stored, priceToProto)}, nil
}

// lockPrices loads the stored prices, and refuses prices of items that do not exist.
func lockPrices(ctx context.Context, tx database.Transaction, wanted []domain.Price) (map[string]domain.Price, error) {
	skuKeys := make([]string, 0, len(wanted))
	for _, price := range wanted {
		skuKeys = append(skuKeys, domain.SKUKey(price.SKU))
	}
	items, err := store.FindItems(ctx, tx, skuKeys)
	if err != nil {
		return nil, err
	}
	unknown := fault.New(fault.Invalid, "UNKNOWN_ITEM", "a price needs an item")
	for i, price := range wanted {
		if _, ok := items[domain.SKUKey(price.SKU)]; !ok {
			unknown = unknown.WithField(fmt.Sprintf("prices[%d].sku", i), "UNKNOWN_ITEM", "there is no such item")
		}
	}
	if len(unknown.Fields) > 0 {
		return nil, unknown
	}
	return store.LockPrices(ctx, tx, wanted)
}
