package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// GetMasterFeed implements the RPC of the same name.
func (s *Service) GetMasterFeed(ctx context.Context, _ *masterdatav1.GetMasterFeedRequest) (*masterdatav1.GetMasterFeedResponse, error) {
	feed, known, err := store.FindMasterFeed(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	if !known {
		feed.Behind = s.erp != nil
	}
	counts, err := store.CountSetAsideEntries(ctx, s.db.Pool())
	if err != nil {
		return nil, err
	}
	found := feedToProto(&feed, counts)
	found.Connected = s.erp != nil
	return &masterdatav1.GetMasterFeedResponse{Feed: found}, nil
}
