package order

import (
	"context"
	"time"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// ListOrderExceptions implements the RPC of the same name. A partner sees those of its own orders.
func (s *Service) ListOrderExceptions(
	ctx context.Context, req *orderv1.ListOrderExceptionsRequest,
) (*orderv1.ListOrderExceptionsResponse, error) {
	filter := store.ExceptionFilter{
		Partner: rpc.IdentityFrom(ctx).Partner, Reason: req.GetReason(), Resolved: req.GetIncludeResolved(),
	}
	var err error
	if req.GetOrderId() != "" {
		if filter.Order, err = id.Parse(id.Order, req.GetOrderId()); err != nil {
			return nil, notFound()
		}
	}
	if filter.BeforeAt, filter.BeforeID, err = readExceptionToken(req.GetPageToken()); err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	found, err := store.ListExceptions(ctx, s.db.Pool(), filter, size+1)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reply := &orderv1.ListOrderExceptionsResponse{}
	for i, one := range found {
		if i == size {
			reply.NextPageToken = rpc.MomentToken(found[i-1].OpenedAt, found[i-1].ID[:])
			break
		}
		reply.Exceptions = append(reply.Exceptions, &orderv1.OrderException{
			ExceptionId: one.ID.String(), OrderId: id.Format(id.Order, one.Order), Reason: one.Reason, Message: one.Message,
			OpenedAt: timeToProto(one.OpenedAt), ResolvedAt: timeToProto(one.ResolvedAt),
		})
	}
	return reply, nil
}

func readExceptionToken(token string) (time.Time, uuid.UUID, error) {
	if token == "" {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), uuid.Max, nil
	}
	return rpc.ReadMomentIDToken(token)
}
