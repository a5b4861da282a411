package operations

import (
	"context"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// GetReconciliation implements the RPC of the same name.
func (s *Service) GetReconciliation(
	ctx context.Context, req *operationsv1.GetReconciliationRequest,
) (*operationsv1.GetReconciliationResponse, error) {
	wanted, err := id.Parse(id.Books, req.GetReconciliationId())
	if err != nil {
		return nil, runMissing(req.GetReconciliationId())
	}
	found, err := s.findRun(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return &operationsv1.GetReconciliationResponse{Reconciliation: runToProto(found)}, nil
}

func (s *Service) findRun(ctx context.Context, wanted uuid.UUID) (*domain.Run, error) {
	found, err := store.GetRun(ctx, s.db.Pool(), wanted)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, runMissing(id.Format(id.Books, wanted))
	}
	return &found[0], nil
}

func runMissing(text string) error {
	return fault.New(fault.NotFound, "RECONCILIATION_NOT_FOUND", "there is no reconciliation %q", text)
}
