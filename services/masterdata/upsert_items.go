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

var itemKind = kind[domain.Item]{
	name: "upsert_items", list: "items",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.Item) (map[string]domain.Item, error) {
		return store.LockItems(ctx, tx, keys(wanted))
	},
	refer: referItems,
	save:  store.SaveItems,
	came:  came[domain.Item],
	event: func(item domain.Item) (string, proto.Message, domain.Version) {
		return item.Key(), &masterdatav1.ItemChanged{Sku: item.Key(), Item: itemToProto(item)}, item.Version
	},
}

// UpsertItems implements the RPC of the same name.
func (s *Service) UpsertItems(ctx context.Context, req *masterdatav1.UpsertItemsRequest) (*masterdatav1.UpsertItemsResponse, error) {
	wanted := convertAll(req.GetItems(), itemFromProto)
	stored, err := upsert(ctx, s, itemKind, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertItemsResponse{Items: convertAll(stored, itemToProto)}, nil
}

// referItems looks up the substitutes, who has the codes, and the units of prices.
func referItems(
	ctx context.Context, tx database.Transaction, wanted []domain.Item, _ map[string]domain.Item,
) (func([]domain.Item) ([]domain.Item, []fault.Field), error) {
	var codes []domain.CodeKey
	var substitutes []string
	for _, item := range wanted {
		for _, code := range item.Codes {
			codes = append(codes, code.Key())
		}
		for _, sku := range item.Substitutes {
			substitutes = append(substitutes, domain.SKUKey(sku))
		}
	}
	known := map[string]domain.Item{}
	if len(substitutes) > 0 {
		var err error
		if known, err = store.FindItems(ctx, tx, substitutes); err != nil {
			return nil, err
		}
	}
	holders, _, err := store.CodeHolders(ctx, tx, codes)
	if err != nil {
		return nil, err
	}
	priced, err := store.PriceUnits(ctx, tx, keys(wanted))
	if err != nil {
		return nil, err
	}
	return func(set []domain.Item) ([]domain.Item, []fault.Field) {
		return domain.ReferItems(set, known, holders, priced)
	}, nil
}
