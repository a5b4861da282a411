package masterdata

import (
	"cmp"
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// DropSetAsideMaster implements the RPC of the same name. It is told also of an entry of which nobody was told before: what people decide
// is kept.
func (s *Service) DropSetAsideMaster(
	ctx context.Context, req *masterdatav1.DropSetAsideMasterRequest,
) (*masterdatav1.DropSetAsideMasterResponse, error) {
	now, actor := s.now(), cmp.Or(req.GetActor(), rpc.IdentityFrom(ctx).Principal)
	return database.Tx(ctx, s.db, "drop_set_aside_master", func(tx database.Transaction) (*masterdatav1.DropSetAsideMasterResponse, error) {
		found, err := store.LockSetAsideEntry(ctx, tx, req.GetEntryId())
		if err != nil || len(found) == 0 {
			return &masterdatav1.DropSetAsideMasterResponse{}, err
		}
		entry := found[0]
		told := []outbox.Event{}
		if entry.Announced == 0 {
			entry.Announced = 1
			told = append(told, asideEvent(&entry, now))
		}
		told = append(told, settledEvents(&entry, masterdatav1.MasterSettlement_MASTER_SETTLEMENT_DROPPED, actor, req.GetReason(), now)...)
		if err := store.DeleteSetAsideEntries(ctx, tx, entry.Kind, []string{entry.Key}); err != nil {
			return nil, err
		}
		return &masterdatav1.DropSetAsideMasterResponse{Dropped: true}, outbox.Add(ctx, tx, told...)
	})
}
