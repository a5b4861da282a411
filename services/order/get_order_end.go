package order

import (
	"context"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// GetOrderEnd implements the RPC of the same name.
func (s *Service) GetOrderEnd(ctx context.Context, req *orderv1.GetOrderEndRequest) (*orderv1.GetOrderEndResponse, error) {
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	orders, err := store.FindOrders(ctx, s.db.Pool(), []uuid.UUID{orderID})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	switch order := orders[orderID]; {
	case order == nil:
		return nil, notFound()
	case !order.Ended():
		return nil, fault.New(fault.Precondition, "ORDER_NOT_ENDED", "the order goes on, or was never accepted")
	default:
		reply := &orderv1.GetOrderEndResponse{
			EndedAt: timeToProto(order.CompletedAt), Lines: allBuckets(order), Invoices: int32(order.Invoices),
		}
		if order.State == domain.Cancelled && len(order.Reasons) > 0 {
			reply.Reason = order.Reasons[len(order.Reasons)-1].Message
		}
		return reply, nil
	}
}
