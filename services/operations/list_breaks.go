package operations

import (
	"context"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
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
	if len(breaks) > size {
		breaks = breaks[:size]
		reply.NextPageToken = rpc.MomentToken(breaks[size-1].Since, breaks[size-1].ID[:])
	}
	for i := range breaks {
		reply.Breaks = append(reply.Breaks, breakToProto(&breaks[i]))
	}
	return reply, nil
}
