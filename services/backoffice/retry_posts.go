package backoffice

import (
	"cmp"
	"context"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// RetryPosts implements the RPC of the same name.
func (s *Service) RetryPosts(
	ctx context.Context, req *backofficev1.RetryPostsRequest,
) (*backofficev1.RetryPostsResponse, error) {
	why, now := retry{actorOf(ctx, req.GetActor()), req.GetReason(), req.GetExceptionId()}, s.now()
	retried, err := database.Tx(ctx, s.db, "retry_posts", func(tx database.Transaction) (int64, error) {
		told, err := store.RetryStuck(ctx, tx, req.GetDocumentIds())
		if err != nil {
			return 0, err
		}
		return int64(len(told)), outbox.Add(ctx, tx, retryEvents(told, why, now)...)
	})
	return &backofficev1.RetryPostsResponse{Retried: retried}, err
}

// actorOf is who says something: whom the request names, or its caller.
func actorOf(ctx context.Context, named string) string {
	return cmp.Or(named, rpc.IdentityFrom(ctx).Principal)
}
