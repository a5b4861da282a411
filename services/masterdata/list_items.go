package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListItems implements the RPC of the same name. The token is the key of the last item of the page. A partner does not see
// the codes of others.
func (s *Service) ListItems(ctx context.Context, req *masterdatav1.ListItemsRequest) (*masterdatav1.ListItemsResponse, error) {
	after, err := readPageToken(req.GetPageToken(), 1)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	items, err := store.ListItemsAfter(ctx, s.db.Pool(), after[0], size+1)
	if err != nil {
		return nil, err
	}
	reply := &masterdatav1.ListItemsResponse{}
	partner := rpc.IdentityFrom(ctx).Partner
	reply.Items, reply.NextPageToken = page(items, size,
		func(item domain.Item) *masterdatav1.Item { return itemFor(partner, item) },
		func(item domain.Item) []string { return []string{item.Key()} })
	return reply, nil
}
