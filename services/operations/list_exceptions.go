package operations

import (
	"context"
	"time"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const defaultExceptionPage = 50

// ListExceptions implements the RPC of the same name.
func (s *Service) ListExceptions(
	ctx context.Context, req *operationsv1.ListExceptionsRequest,
) (*operationsv1.ListExceptionsResponse, error) {
	filter := store.ExceptionFilter{
		Class: req.GetClass(), Queue: req.GetQueue(), Assignee: req.GetAssignee(), Order: req.GetOrderId(),
		MinSeverity: domain.Severity(req.GetMinSeverity()), Resolved: req.GetIncludeResolved(), DueBefore: forEver,
	}
	if req.GetOverdue() {
		filter.DueBefore = s.now()
	}
	var err error
	if filter.AfterDue, filter.AfterID, err = readExceptionToken(req.GetPageToken()); err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultExceptionPage
	}
	found, err := store.ListExceptions(ctx, s.db.Pool(), filter, size+1)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.ListExceptionsResponse{}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		reply.NextPageToken = rpc.MomentToken(last.DueAt, last.ID[:])
	}
	for i := range found {
		reply.Exceptions = append(reply.Exceptions, exceptionToProto(&found[i]))
	}
	return reply, nil
}

func readExceptionToken(token string) (time.Time, uuid.UUID, error) {
	if token == "" {
		return time.Unix(0, 0), uuid.Nil, nil
	}
	return rpc.ReadMomentIDToken(token)
}
