package order

import (
	"fmt"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onShipmentShipped: goods left a warehouse, or services were delivered. This is the pivot of their release. What was shipped
// beyond what was asked for makes the order grow when it is within the tolerance; what was not asked for at all changes
// nothing, until another shipment absorbs it: then it was ordered.
func (s *Service) onShipmentShipped(event *fulfillmentv1.ShipmentShipped) (fact, error) {
	shipment, now := event.GetShipment(), s.now()
	node := domain.Node(shipment.GetNodeId())
	var planned, over []domain.Part
	var unplanned string
	for _, line := range shipment.GetLines() {
		part := domain.Part{Line: line.GetLineNumber(), Quantity: line.GetQuantity() - line.GetOverShipped()}
		switch {
		case line.GetUnplanned():
			unplanned += fmt.Sprintf(" %s: %d base units of %s;", line.GetShipmentLineId(), line.GetQuantity(), line.GetSku())
			continue
		case shipment.GetAbsorbsShipmentId() != "":
			part.Quantity = line.GetQuantity()
			over = append(over, part)
			continue
		case line.GetOverShipped() > 0:
			over = append(over, domain.Part{Line: line.GetLineNumber(), Quantity: line.GetOverShipped()})
		}
		if part.Quantity > 0 {
			planned = append(planned, part)
		}
	}
	return factAbout(shipment.GetOrderId(), func(o *domain.Order) {
		if unplanned != "" {
			o.Errands.Surprises = append(o.Errands.Surprises, domain.Surprise{
				Reason: "UNEXPECTED_SHIPMENT", Key: shipment.GetShipmentId(),
				Message: "shipped by " + shipment.GetNodeId() + " and not asked for:" + unplanned,
			})
		}
		if absorbed := shipment.GetAbsorbsShipmentId(); absorbed != "" {
			o.Absorbed(node, over, absorbed, now)
			return
		}
		o.OverShipped(node, over, now)
		o.Shipped(node, planned, now)
	})
}
