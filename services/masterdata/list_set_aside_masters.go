package masterdata

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// ListSetAsideMasters implements the RPC of the same name. The token is the id of the last entry of the page.
func (s *Service) ListSetAsideMasters(
	ctx context.Context, req *masterdatav1.ListSetAsideMastersRequest,
) (*masterdatav1.ListSetAsideMastersResponse, error) {
	size := pageSize(req.GetPageSize())
	filter := store.SetAsideFilter{State: stateFromProto(req.GetState()), Kind: kindFromProto(req.GetKind())}
	found, err := store.ListSetAsideAfter(ctx, s.db.Pool(), filter, req.GetPageToken(), size+1)
	if err != nil {
		return nil, err
	}
	entries := make([]*masterdatav1.SetAsideMaster, 0, len(found))
	for n := range found[:min(size, len(found))] {
		entries = append(entries, setAsideToProto(&found[n]))
	}
	fits := rpc.FitPage(entries)
	reply := &masterdatav1.ListSetAsideMastersResponse{Masters: entries[:fits]}
	if fits < len(found) {
		reply.NextPageToken = found[fits-1].EntryID
	}
	return reply, nil
}
