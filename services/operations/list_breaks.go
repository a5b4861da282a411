package operations

import (
	"context"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const defaultBreakPage = 50

// ListBreaks implements the RPC of the same name.
func (s *Service) ListBreaks(ctx context.Context, req *operationsv1.ListBreaksRequest) (*operationsv1.ListBreaksResponse, error) {
	filter := store.BreakFilter{
		Equation: req.GetEquation(), Order: req.GetOrderId(), SKU: req.GetSku(), Node: req.GetNodeId(), Closed: req.GetIncludeClosed(),
	}
	if token := req.GetPageToken(); token != "" {
		var err error
		if filter.AfterSince, filter.AfterID, err = rpc.ReadMomentIDToken(token); err != nil {
			return nil, err
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultBreakPage
	}
	breaks, err := store.ListBreaks(ctx, s.db.Pool(), filter, size+1)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.ListBreaksResponse{}
	reply.Breaks, reply.NextPageToken = rpc.Page(breaks, size,
		func(one domain.Break) *operationsv1.ReconciliationBreak { return breakToProto(&one) },
		func(last domain.Break) string { return rpc.MomentToken(last.Since, last.ID[:]) })
	return reply, nil
}
