package operations

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// runIDs is the namespace of the ids of reconciliations that somebody asked for: a repeat asks for the same one.
var runIDs = uuid.MustParse("5a2c9d11-7c3e-4f0b-8d6a-94f1f0b6e2d7") //nolint:gochecknoglobals // a constant in all but syntax

// StartReconciliation implements the RPC of the same name.
func (s *Service) StartReconciliation(
	ctx context.Context, req *operationsv1.StartReconciliationRequest,
) (*operationsv1.StartReconciliationResponse, error) {
	principal := rpc.IdentityFrom(ctx).Principal
	run := domain.Run{
		ID: id.Derive(runIDs, principal+"/"+req.GetRequestId()), Trigger: domain.Requested,
		RequestedBy: cmp.Or(req.GetActor(), principal), RequestedAt: s.now(),
	}
	_, err := database.Tx(ctx, s.db, "start_reconciliation", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, store.AddRun(ctx, tx, run)
	})
	if err != nil {
		return nil, err
	}
	found, err := s.findRun(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	return &operationsv1.StartReconciliationResponse{Reconciliation: runToProto(found)}, nil
}
