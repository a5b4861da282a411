package inventory

import (
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// shipmentFromProto reads what left. Services have no stock.
func shipmentFromProto(shipped *fulfillmentv1.Shipment, message inbox.Message) (*domain.Fact, []string) {
	shipment := &domain.Shipment{
		ID: shipped.GetShipmentId(), Fulfillment: shipped.GetFulfillmentId(), Order: domain.OrderID(shipped.GetOrderId()),
		Node: domain.NodeID(shipped.GetNodeId()), OccurredAt: message.OccurredAt,
	}
	if shipped.GetShippedAt() != nil {
		shipment.OccurredAt = shipped.GetShippedAt().AsTime().Truncate(time.Microsecond)
	}
	if shipped.GetAbsorbsShipmentId() != "" {
		return nil, nil // its goods left with the shipment that it makes billable
	}
	var codes []string
	for _, line := range shipped.GetLines() {
		if line.GetService() || line.GetQuantity() <= 0 {
			continue
		}
		codes = append(codes, line.GetSku())
		shipment.Lines = append(shipment.Lines, domain.ShipmentLine{
			Line: line.GetLineNumber(), SKU: domain.SKU(line.GetSku()), Quantity: line.GetQuantity(), Lot: line.GetLot(),
		})
	}
	if shipment.Node == domain.Nowhere || len(shipment.Lines) == 0 {
		return nil, nil
	}
	return &domain.Fact{Shipment: shipment}, codes
}
