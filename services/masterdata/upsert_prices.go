package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var priceKind = kind[domain.Price]{
	name: "upsert_prices", list: "prices",
	lock:  store.LockPrices,
	refer: referPrices,
	save:  store.SavePrices,
	came:  came[domain.Price],
	event: func(price domain.Price) (string, proto.Message, domain.Version) {
		return price.Key(), &masterdatav1.PriceChanged{PriceKey: price.Key(), Price: priceToProto(price)}, price.Version
	},
}

// UpsertPrices implements the RPC of the same name.
func (s *Service) UpsertPrices(ctx context.Context, req *masterdatav1.UpsertPricesRequest) (*masterdatav1.UpsertPricesResponse, error) {
	wanted := convertAll(req.GetPrices(), priceFromProto)
	stored, err := upsert(ctx, s, priceKind, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertPricesResponse{Prices: convertAll(stored, priceToProto)}, nil
}

// referPrices looks up the items.
func referPrices(
	ctx context.Context, tx database.Transaction, wanted []domain.Price, _ map[string]domain.Price,
) (func([]domain.Price) ([]domain.Price, []fault.Field), error) {
	skuKeys := make([]string, 0, len(wanted))
	for _, price := range wanted {
		skuKeys = append(skuKeys, domain.SKUKey(price.SKU))
	}
	items, err := store.FindItems(ctx, tx, skuKeys)
	if err != nil {
		return nil, err
	}
	return func(set []domain.Price) ([]domain.Price, []fault.Field) { return domain.ReferPrices(set, items) }, nil
}
