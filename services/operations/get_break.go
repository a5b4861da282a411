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

// maxRepairs is how many repairs one reply holds.
const maxRepairs = 100

// GetBreak implements the RPC of the same name.
func (s *Service) GetBreak(ctx context.Context, req *operationsv1.GetBreakRequest) (*operationsv1.GetBreakResponse, error) {
	wanted, err := parseBreak(req.GetBreakId())
	if err != nil {
		return nil, err
	}
	found, err := s.findBreak(ctx, wanted)
	if err != nil {
		return nil, err
	}
	repairs, err := store.ListRepairs(ctx, s.db.Pool(), wanted, maxRepairs)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.GetBreakResponse{Found: breakToProto(found)}
	for i := range repairs {
		reply.Repairs = append(reply.Repairs, recordToProto(&repairs[i]))
	}
	return reply, nil
}

func (s *Service) findBreak(ctx context.Context, wanted uuid.UUID) (*domain.Break, error) {
	found, err := store.GetBreak(ctx, s.db.Pool(), wanted)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, breakMissing(id.Format(id.Break, wanted))
	}
	return &found[0], nil
}

func parseBreak(text string) (uuid.UUID, error) {
	parsed, err := id.Parse(id.Break, text)
	if err != nil {
		return uuid.Nil, breakMissing(text)
	}
	return parsed, nil
}

func breakMissing(text string) error {
	return fault.New(fault.NotFound, "BREAK_NOT_FOUND", "there is no break %q", text)
}
