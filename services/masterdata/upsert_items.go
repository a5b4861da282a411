package masterdata

import (
	"context"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

var itemKind = kind[domain.Item]{
	name: "upsert_items", list: "items",
	lock: func(ctx context.Context, tx database.Transaction, wanted []domain.Item) (map[string]domain.Item, error) {
		return store.LockItems(ctx, tx, keys(wanted))
	},
	save: store.SaveItems,
	event: func(item domain.Item) (proto.Message, domain.Version) {
		return &masterdatav1.ItemChanged{Sku: item.Key(), Item: itemToProto(item)}, item.Version
	},
}

// UpsertItems implements the RPC of the same name.
func (s *Service) UpsertItems(ctx context.Context, req *masterdatav1.UpsertItemsRequest) (*masterdatav1.UpsertItemsResponse, error) {
	wanted, err := itemsFromProto(req.GetItems())
	if err != nil {
		return nil, err
	}
	stored, err := upsert(ctx, s, itemKind, wanted)
	if err != nil {
		return nil, err
	}
	return &masterdatav1.UpsertItemsResponse{Items: convertAll(stored, itemToProto)}, nil
}
