package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ReloadMasters implements the RPC of the same name. A page that is on its way is not stored any more.
func (s *Service) ReloadMasters(ctx context.Context, _ *masterdatav1.ReloadMastersRequest) (*masterdatav1.ReloadMastersResponse, error) {
	if s.erp == nil {
		return nil, fault.New(fault.Precondition, "MASTERS_NOT_CONNECTED", "no ERP is connected that masters could be read from")
	}
	now := s.now()
	return database.Tx(ctx, s.db, "reload_masters", func(tx database.Transaction) (*masterdatav1.ReloadMastersResponse, error) {
		feed, err := store.LockMasterFeed(ctx, tx, now)
		if err != nil {
			return nil, err
		}
		tx.Notify(store.TopicMasters)
		return &masterdatav1.ReloadMastersResponse{}, store.SaveMasterFeed(ctx, tx, feed.Reloaded())
	})
}
