package operations

import (
	"context"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const defaultRunPage = 20

// ListReconciliations implements the RPC of the same name.
func (s *Service) ListReconciliations(
	ctx context.Context, req *operationsv1.ListReconciliationsRequest,
) (*operationsv1.ListReconciliationsResponse, error) {
	before, beforeID := forEver, uuid.Max
	if token := req.GetPageToken(); token != "" {
		var err error
		if before, beforeID, err = rpc.ReadMomentIDToken(token); err != nil {
			return nil, err
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultRunPage
	}
	runs, err := store.ListRuns(ctx, s.db.Pool(), before, beforeID, size+1)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.ListReconciliationsResponse{}
	reply.Reconciliations, reply.NextPageToken = rpc.Page(runs, size,
		func(one domain.Run) *operationsv1.Reconciliation { return runToProto(&one) },
		func(last domain.Run) string { return rpc.MomentToken(last.RequestedAt, last.ID[:]) })
	return reply, nil
}
