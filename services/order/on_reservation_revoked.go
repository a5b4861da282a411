package order

import (
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onReservationRevoked: a promise was taken back because the stock behind it is gone; it waits again.
func (s *Service) onReservationRevoked(event *inventoryv1.ReservationRevoked) (fact, error) {
	parts := make([]domain.Part, 0, len(event.GetChanges()))
	for _, change := range event.GetChanges() {
		parts = append(parts, domain.Part{
			Line: change.GetLineNumber(), Node: domain.Node(change.GetNodeId()), Quantity: change.GetQuantity(),
		})
	}
	return factAbout(event.GetOrderId(), func(o *domain.Order) { o.StockRevoked(event.GetKey(), parts) })
}
