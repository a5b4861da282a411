package backoffice

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// defaultPage is how many documents a page holds when nobody says.
const defaultPage = 100

// ListStuckPosts implements the RPC of the same name.
func (s *Service) ListStuckPosts(
	ctx context.Context, req *backofficev1.ListStuckPostsRequest,
) (*backofficev1.ListStuckPostsResponse, error) {
	size := req.GetPageSize()
	if size == 0 {
		size = defaultPage
	}
	rows, err := store.ListStuckDocuments(ctx, s.db.Pool(), req.GetPageToken(), size)
	if err != nil {
		return nil, err
	}
	reply := &backofficev1.ListStuckPostsResponse{}
	for _, row := range rows {
		reply.Posts = append(reply.Posts, &backofficev1.StuckPost{
			DocumentId: row.DocumentID, OrderId: row.OrderID, Reason: row.Reason, Message: row.Message,
			EnqueuedAt: timestamppb.New(row.EnqueuedAt), Attempts: row.Attempt,
		})
	}
	if len(rows) == int(size) {
		reply.NextPageToken = rows[len(rows)-1].DocumentID
	}
	return reply, nil
}
