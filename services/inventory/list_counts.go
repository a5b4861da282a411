package inventory

import (
	"context"

	"github.com/google/uuid"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// defaultCountPage is the page size when the caller names none.
const defaultCountPage = 50

// ListCounts implements the RPC of the same name. The token is the id of the last count of the page.
func (s *Service) ListCounts(ctx context.Context, req *inventoryv1.ListCountsRequest) (*inventoryv1.ListCountsResponse, error) {
	before := uuid.Max
	if token := req.GetPageToken(); token != "" {
		var err error
		if before, err = id.Parse(id.Count, token); err != nil {
			return nil, rpc.PageTokenInvalid()
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultCountPage
	}
	counts, err := store.ListCountsBefore(ctx, s.db.Pool(), domain.NodeID(req.GetNodeId()), req.GetOpenOnly(), before, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListCountsResponse{}
	reply.Counts, reply.NextPageToken = rpc.Page(counts, size, countSummaryToProto, func(last store.CountSummary) string {
		return id.Format(id.Count, last.ID)
	})
	return reply, nil
}

func countSummaryToProto(count store.CountSummary) *inventoryv1.StockCountSummary {
	return &inventoryv1.StockCountSummary{
		CountId: id.Format(id.Count, count.ID), NodeId: string(count.Node), StartedAt: wireTime(count.StartedAt),
		Reference: count.Reference, Lines: int32(count.Total), Recorded: int32(count.Recorded), Refused: int32(count.Refused),
	}
}
