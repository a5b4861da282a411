package order

import (
	"context"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// GetOrder implements the RPC of the same name.
func (s *Service) GetOrder(ctx context.Context, req *orderv1.GetOrderRequest) (*orderv1.GetOrderResponse, error) {
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	order, err := s.loadOrder(ctx, orderID)
	if err != nil {
		return nil, err
	}
	return &orderv1.GetOrderResponse{Order: order}, nil
}
