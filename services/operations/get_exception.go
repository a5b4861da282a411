package operations

import (
	"context"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// maxSteps is how many steps one reply holds.
const maxSteps = 200

// GetException implements the RPC of the same name.
func (s *Service) GetException(
	ctx context.Context, req *operationsv1.GetExceptionRequest,
) (*operationsv1.GetExceptionResponse, error) {
	wanted, err := exceptionID(req.GetExceptionId())
	if err != nil {
		return nil, err
	}
	found, err := store.GetException(ctx, s.db.Pool(), wanted)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, exceptionMissing(req.GetExceptionId())
	}
	steps, err := store.ListSteps(ctx, s.db.Pool(), wanted, maxSteps)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.GetExceptionResponse{Exception: exceptionToProto(&found[0])}
	for _, step := range steps {
		reply.Steps = append(reply.Steps, stepToProto(step))
	}
	return reply, nil
}

func exceptionID(text string) (uuid.UUID, error) {
	parsed, err := id.Parse(id.Exception, text)
	if err != nil {
		return uuid.Nil, exceptionMissing(text)
	}
	return parsed, nil
}

func exceptionMissing(text string) error {
	return fault.New(fault.NotFound, "EXCEPTION_NOT_FOUND", "there is no exception %q", text)
}

// openOnDesk puts an exception that is not over on a desk of its own.
func (s *Service) openOnDesk(ctx context.Context, tx database.Transaction, text string) (*domain.Desk, *domain.Exception, error) {
	wanted, err := exceptionID(text)
	if err != nil {
		return nil, nil, err
	}
	loaded, err := store.LockException(ctx, tx, wanted)
	if err != nil {
		return nil, nil, err
	}
	desk := s.desk()
	desk.Load(loaded)
	exception := desk.Find(wanted)
	switch {
	case exception == nil:
		return nil, nil, exceptionMissing(text)
	case !exception.IsOpen():
		return nil, nil, fault.New(fault.Precondition, "EXCEPTION_RESOLVED", "the exception is resolved: %s", exception.Resolution)
	}
	return desk, exception, nil
}
