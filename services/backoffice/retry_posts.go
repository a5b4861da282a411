package backoffice

import (
	"context"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// RetryPosts implements the RPC of the same name.
func (s *Service) RetryPosts(
	ctx context.Context, req *backofficev1.RetryPostsRequest,
) (*backofficev1.RetryPostsResponse, error) {
	retried, err := database.Tx(ctx, s.db, "retry_posts", func(tx database.Transaction) (int64, error) {
		return store.RetryStuck(ctx, tx, req.GetDocumentIds())
	})
	return &backofficev1.RetryPostsResponse{Retried: retried}, err
}
