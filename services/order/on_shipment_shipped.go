package order

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onShipmentShipped: goods left a warehouse, or services were delivered. This is the pivot of their release.
func (s *Service) onShipmentShipped(event *fulfillmentv1.ShipmentShipped) (fact, error) {
	shipment, now := event.GetShipment(), s.now()
	var planned []domain.Part
	var unplanned []domain.Surprise
	for _, line := range shipment.GetLines() {
		if line.GetUnplanned() {
			unplanned = append(unplanned, domain.Surprise{
				Reason:  "UNEXPECTED_SHIPMENT",
				Message: "shipment line " + line.GetShipmentLineId() + " of " + line.GetSku() + " was not asked for",
			})
			continue
		}
		planned = append(planned, domain.Part{Line: line.GetLineNumber(), Quantity: line.GetQuantity()})
	}
	return factAbout(shipment.GetOrderId(), func(o *domain.Order) {
		o.Errands.Surprises = append(o.Errands.Surprises, unplanned...)
		o.Shipped(domain.Node(shipment.GetNodeId()), planned, now)
	})
}
