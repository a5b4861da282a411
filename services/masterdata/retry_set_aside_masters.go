package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// RetrySetAsideMasters implements the RPC of the same name. The intake tries them, wherever it runs.
func (s *Service) RetrySetAsideMasters(
	ctx context.Context, req *masterdatav1.RetrySetAsideMastersRequest,
) (*masterdatav1.RetrySetAsideMastersResponse, error) {
	now := s.now()
	retried, err := database.Tx(ctx, s.db, "retry_set_aside_masters", func(tx database.Transaction) (int64, error) {
		return store.RetryEntries(ctx, tx, req.GetAll(), req.GetEntryIds(), now)
	})
	return &masterdatav1.RetrySetAsideMastersResponse{Retried: retried}, err
}
