package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetItem implements the RPC of the same name. A partner does not see the codes of others.
func (s *Service) GetItem(ctx context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
	key := domain.SKUKey(req.GetSku())
	found, err := store.FindItems(ctx, s.db.Pool(), []string{key})
	if err != nil {
		return nil, err
	}
	item, ok := found[key]
	if !ok {
		return nil, fault.New(fault.NotFound, "ITEM_NOT_FOUND", "there is no item %q", req.GetSku())
	}
	return &masterdatav1.GetItemResponse{Item: itemFor(rpc.IdentityFrom(ctx).Partner, item)}, nil
}
