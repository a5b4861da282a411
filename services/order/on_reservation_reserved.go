package order

import (
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onReservationReserved: stock has arrived for what had waited. What was set aside when it was asked for is known from the
// answer to the call.
func (s *Service) onReservationReserved(event *inventoryv1.ReservationReserved) (fact, error) {
	if event.GetCause() != inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED {
		return fact{}, nil
	}
	var parts []domain.Part
	for _, line := range event.GetLines() {
		for _, at := range line.GetAllocations() {
			parts = append(parts, domain.Part{
				Line: line.GetLineNumber(), Node: domain.Node(at.GetNodeId()), Quantity: at.GetQuantity(),
			})
		}
	}
	return factAbout(event.GetOrderId(), func(o *domain.Order) { o.StockArrived(event.GetKey(), parts) })
}
