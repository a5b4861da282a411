package channel

import (
	"cmp"
	"context"

	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	"github.com/waybill-dev/waybill/services/connector/channel/internal/store"
)

// defaultPage is how many receipts a page holds when nobody says.
const defaultPage = 100

// ListNotices implements the RPC of the same name.
func (s *Service) ListNotices(ctx context.Context, req *channelv1.ListNoticesRequest) (*channelv1.ListNoticesResponse, error) {
	size := cmp.Or(req.GetPageSize(), defaultPage)
	entries, err := store.List(ctx, s.db.Pool(), req.GetPageToken(), size)
	if err != nil {
		return nil, err
	}
	reply := &channelv1.ListNoticesResponse{}
	for _, entry := range entries {
		reply.Receipts = append(reply.Receipts, receiptToProto(entry))
	}
	if len(entries) == int(size) {
		reply.NextPageToken = entries[len(entries)-1].Key
	}
	return reply, nil
}
