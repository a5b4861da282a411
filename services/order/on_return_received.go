package order

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onReturnReceived: goods of an order came back. What of a return has no order or no order line counts nowhere here.
func (s *Service) onReturnReceived(event *fulfillmentv1.ReturnReceived) (fact, error) {
	document := event.GetReturnDocument()
	if document.GetOrderId() == "" {
		return fact{}, nil
	}
	lines := make(map[int32]int32, len(document.GetLines()))
	for _, line := range document.GetLines() {
		lines[line.GetPosition()] = line.GetLineNumber()
	}
	var parts []domain.Part
	for _, movement := range event.GetMovements() {
		if number := lines[movement.GetPosition()]; number > 0 && movement.GetReceived() > 0 {
			parts = append(parts, domain.Part{Line: number, Quantity: movement.GetReceived()})
		}
	}
	return factAbout(document.GetOrderId(), func(o *domain.Order) { o.Returned(parts) })
}
