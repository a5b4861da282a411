package order

import (
	"context"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// CountOrders implements the RPC of the same name.
func (s *Service) CountOrders(ctx context.Context, req *orderv1.CountOrdersRequest) (*orderv1.CountOrdersResponse, error) {
	filter, err := filterFromProto(ctx, req.GetFilter())
	if err != nil {
		return nil, err
	}
	counts, err := store.CountOrders(ctx, s.db.Pool(), filter)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reply := &orderv1.CountOrdersResponse{Moving: counts.Moving}
	for _, one := range counts.ByStatus {
		reply.Counts = append(reply.Counts, &orderv1.StatusCount{Status: statusToProto(one.Status), Orders: one.Orders})
	}
	return reply, nil
}
