package operations

import (
	"cmp"
	"context"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// AssignException implements the RPC of the same name.
func (s *Service) AssignException(
	ctx context.Context, req *operationsv1.AssignExceptionRequest,
) (*operationsv1.AssignExceptionResponse, error) {
	principal := rpc.IdentityFrom(ctx).Principal
	key := idempotency.Key{Principal: principal, Method: "AssignException", RequestID: req.GetRequestId()}
	return database.Tx(ctx, s.db, "assign_exception", func(tx database.Transaction) (*operationsv1.AssignExceptionResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*operationsv1.AssignExceptionResponse, error) {
			desk, exception, err := s.openOnDesk(ctx, tx, req.GetExceptionId())
			if err != nil {
				return nil, err
			}
			desk.Assign(exception, req.GetAssignee(), cmp.Or(req.GetActor(), principal), req.GetReason())
			return &operationsv1.AssignExceptionResponse{Exception: exceptionToProto(exception)}, keep(ctx, tx, desk)
		})
	})
}
