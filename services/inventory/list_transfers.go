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

// defaultTransferPage is the page size when the caller names none.
const defaultTransferPage = 50

// ListTransfers implements the RPC of the same name. The token is the id of the last transfer of the page.
func (s *Service) ListTransfers(
	ctx context.Context, req *inventoryv1.ListTransfersRequest,
) (*inventoryv1.ListTransfersResponse, error) {
	before := uuid.Max
	if token := req.GetPageToken(); token != "" {
		var err error
		if before, err = id.Parse(id.Transfer, token); err != nil {
			return nil, rpc.PageTokenInvalid()
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultTransferPage
	}
	transfers, err := store.ListTransfersBefore(ctx, s.db.Pool(), domain.NodeID(req.GetToNodeId()), before, size+1)
	if err != nil {
		return nil, err
	}
	if err := s.learn(ctx, s.db.Pool(), transfers...); err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListTransfersResponse{}
	reply.Transfers, reply.NextPageToken = rpc.Page(transfers, size, s.transferToProto, func(last *domain.Transfer) string {
		return id.Format(id.Transfer, last.ID)
	})
	return reply, nil
}
