package order

import (
	"maps"
	"slices"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// shipAll lets every warehouse ship what it has left, and invoices it.
func (w *world) shipAll() {
	w.t.Helper()
	w.fulfillment.mu.Lock()
	orders := slices.Clone(w.fulfillment.orders)
	w.fulfillment.mu.Unlock()
	for _, made := range orders {
		w.ship(made, maps.Clone(made.left))
	}
}

// ship lets a warehouse ship quantities of what it has left, and invoices them.
func (w *world) ship(made *fakeFulfilment, quantities map[int32]int64) {
	w.fulfillment.mu.Lock()
	defer w.fulfillment.mu.Unlock()
	shipment := &fulfillmentv1.Shipment{
		ShipmentId: id.Format(id.Shipment, id.New()), FulfillmentId: made.id, OrderId: made.order, NodeId: made.node,
	}
	invoice := &billingv1.InvoiceIssued{InvoiceId: id.Format(id.Invoice, id.New()), Invoice: &billingv1.Invoice{OrderId: made.order}}
	for _, line := range slices.Sorted(maps.Keys(quantities)) {
		quantity := min(quantities[line], made.left[line])
		if quantity == 0 {
			continue
		}
		if made.left[line] -= quantity; made.left[line] == 0 {
			delete(made.left, line)
		}
		if !made.service(line) {
			w.inventory.take(spot{made.order, line, made.node}, quantity)
		}
		w.billing.take(made.order, line, quantity)
		shipment.Lines = append(shipment.Lines, &fulfillmentv1.ShipmentLine{LineNumber: line, Quantity: quantity, Service: made.service(line)})
		invoice.Quantities = append(invoice.Quantities, &billingv1.InvoicedQuantity{LineNumber: line, Quantity: quantity})
	}
	if len(shipment.GetLines()) > 0 {
		w.events.add(shipment.GetShipmentId(), &fulfillmentv1.ShipmentShipped{ShipmentId: shipment.GetShipmentId(), Shipment: shipment})
		w.events.add(invoice.GetInvoiceId(), invoice)
	}
}

// short lets a warehouse not find units of a line.
func (w *world) short(made *fakeFulfilment, line int32, quantity int64) {
	w.fulfillment.mu.Lock()
	defer w.fulfillment.mu.Unlock()
	quantity = min(quantity, made.left[line])
	if quantity == 0 || made.service(line) {
		return
	}
	if made.left[line] -= quantity; made.left[line] == 0 {
		delete(made.left, line)
	}
	w.inventory.take(spot{made.order, line, made.node}, quantity)
	w.events.add(made.id, &fulfillmentv1.FulfillmentShorted{
		FulfillmentId: made.id, Fulfillment: made.proto(false),
		Shorted: []*fulfillmentv1.ShortedLine{{LineNumber: line, Quantity: quantity}},
	})
}

// reject lets a warehouse refuse what it has left.
func (w *world) reject(made *fakeFulfilment) {
	w.fulfillment.mu.Lock()
	defer w.fulfillment.mu.Unlock()
	if len(made.left) > 0 {
		w.events.add(made.id, &fulfillmentv1.FulfillmentRejected{FulfillmentId: made.id, Fulfillment: made.proto(true)})
	}
	made.left = map[int32]int64{}
}
