package erp

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// defaultMasters is how many masters a page holds when nobody says.
const defaultMasters = 500

// ListMasterChanges implements the RPC of the same name. The cursor is a position: this ERP never forgets one.
func (s *Service) ListMasterChanges(
	ctx context.Context, req *erpv1.ListMasterChangesRequest,
) (*erpv1.ListMasterChangesResponse, error) {
	var after int64
	if cursor := req.GetCursor(); cursor != "" {
		var err error
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil || after < 0 {
			return nil, fault.New(fault.Precondition, "CURSOR_EXPIRED", "no place in the feed of masters is called %q", cursor)
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultMasters
	}
	asOf := s.clock() // before it is read: what is there now is in it
	masters, err := store.ListMastersAfter(ctx, s.db.Pool(), after, size+1)
	if err != nil {
		return nil, err
	}
	changes := make([]*erpv1.MasterChange, 0, size)
	for n := range masters[:min(size, len(masters))] {
		change, err := masterToProto(&masters[n])
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	fits := rpc.FitPage(changes)
	reply := &erpv1.ListMasterChangesResponse{
		Changes: changes[:fits], More: fits < len(masters), AsOf: timestamppb.New(asOf),
		ItemFields: itemFields, AccountFields: accountFields,
	}
	if fits > 0 {
		after = masters[fits-1].Position
	}
	reply.NextCursor = strconv.FormatInt(after, 10)
	return reply, nil
}
