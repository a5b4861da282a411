package order

import (
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// leaves tells of a shipment from LEEDS that nobody planned so, and, where it is billed, of its invoice.
func (w *world) leaves(order *orderv1.Order, shipment *fulfillmentv1.Shipment) {
	w.t.Helper()
	shipment.OrderId, shipment.NodeId = order.GetOrderId(), "LEEDS"
	w.events.add(shipment.GetShipmentId(), &fulfillmentv1.ShipmentShipped{ShipmentId: shipment.GetShipmentId(), Shipment: shipment})
	invoice := &billingv1.InvoiceIssued{InvoiceId: "inv-" + shipment.GetShipmentId(), Invoice: &billingv1.Invoice{OrderId: order.GetOrderId()}}
	for _, line := range shipment.GetLines() {
		if line.GetUnplanned() {
			continue
		}
		over := line.GetOverShipped()
		if shipment.GetAbsorbsShipmentId() != "" {
			over = line.GetQuantity()
		}
		w.billing.grow(order.GetOrderId(), line.GetLineNumber(), over)
		w.billing.take(order.GetOrderId(), line.GetLineNumber(), line.GetQuantity())
		invoice.Quantities = append(invoice.Quantities, &billingv1.InvoicedQuantity{LineNumber: line.GetLineNumber(), Quantity: line.GetQuantity()})
	}
	if len(invoice.GetQuantities()) > 0 {
		w.events.add(invoice.GetInvoiceId(), invoice)
	}
}

func (w *world) exceptions(reason string, resolved bool) []*orderv1.OrderException {
	w.t.Helper()
	reply, err := w.client.ListOrderExceptions(w.t.Context(), &orderv1.ListOrderExceptionsRequest{Reason: reason, IncludeResolved: resolved})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetExceptions()
}

// A warehouse ships 11 of 10, within the tolerance of 10 %: the order grows by an amendment of its own and is invoiced whole.
func TestOverShipWithinToleranceAmendsTheOrder(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 10)
	w.inventory.AddStock("ITEM-2", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 10}, want{"ITEM-2", 5}))
	w.settle()
	made := w.orderTo("LEEDS")
	if got := made.lines[0].GetOverShipTolerance(); got != 1 {
		t.Errorf("tolerance %d, want 1 of 10", got)
	}
	delete(made.left, 1)
	w.inventory.take(spot{made.order, 1, "LEEDS"}, 10)
	w.leaves(order, &fulfillmentv1.Shipment{ShipmentId: "s1", FulfillmentId: made.id, Lines: []*fulfillmentv1.ShipmentLine{
		{LineNumber: 1, Quantity: 11, OverShipped: 1},
		{LineNumber: 1, Quantity: 3, Unplanned: true, ShipmentLineId: "s1/2", Sku: "ITEM-1"},
	}})
	w.settle()
	got := w.get(order)
	a, b := got.GetLines()[0], got.GetLines()[1]
	if a.GetOrdered() != "11" || a.GetShipped() != "11" || a.GetInvoiced() != "11" || b.GetReleased() != "5" || got.GetRevision() != 1 ||
		got.GetNetTotal().GetMinorUnits() != 16*250 {
		t.Errorf("order %v, want line 1 grown to 11 and line 2 as it was", got)
	}
	if told := w.announced(order, "order.order.amended"); told != 1 {
		t.Errorf("told %d times that it was amended", told)
	}
	open := w.exceptions("UNEXPECTED_SHIPMENT", false)
	if len(open) != 1 || open[0].GetOrderId() != order.GetOrderId() {
		t.Fatalf("exceptions %v, want the excess", open)
	}
	w.verify()

	// The excess is billed after all.
	w.leaves(order, &fulfillmentv1.Shipment{ShipmentId: "s2", AbsorbsShipmentId: "s1", Lines: []*fulfillmentv1.ShipmentLine{
		{LineNumber: 1, Quantity: 3},
	}})
	w.settle()
	if got = w.get(order); got.GetLines()[0].GetShipped() != "14" || got.GetRevision() != 2 {
		t.Errorf("order %v, want the excess absorbed", got)
	}
	if got := w.exceptions("UNEXPECTED_SHIPMENT", false); len(got) != 0 {
		t.Errorf("exceptions %v, want none open", got)
	}
	if got := w.exceptions("", true); len(got) != 1 || got[0].GetResolvedAt() == nil {
		t.Errorf("exceptions %v, want the resolved one", got)
	}
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

// A warehouse confirms a shipment after it agreed to cancel: no bucket changes, and a person must look. Then it is billed.
func TestConfirmAfterCancelAcceptedIsUnexpected(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.cancel(order)
	w.settle()
	w.leaves(order, &fulfillmentv1.Shipment{ShipmentId: "s1", Lines: []*fulfillmentv1.ShipmentLine{
		{LineNumber: 1, Quantity: 5, Unplanned: true, ShipmentLineId: "s1/1"},
	}})
	w.settle()
	if line := w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED).GetLines()[0]; line.GetShipped() != "0" || line.GetCancelled() != "5" {
		t.Errorf("line %v, want it cancelled", line)
	}
	if got := w.exceptions("UNEXPECTED_SHIPMENT", false); len(got) != 1 {
		t.Errorf("exceptions %v, want one", got)
	}
	w.verify()
	w.leaves(order, &fulfillmentv1.Shipment{ShipmentId: "s2", AbsorbsShipmentId: "s1", Lines: []*fulfillmentv1.ShipmentLine{{LineNumber: 1, Quantity: 5}}})
	w.settle()
	if line := w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED).GetLines()[0]; line.GetOrdered() != "10" || line.GetInvoiced() != "5" {
		t.Errorf("line %v, want 5 more ordered, shipped and invoiced", line)
	}
	w.verify()
}

// What is shipped beyond while an amendment is being decided is booked on top of it.
func TestOverShipWhileAnAmendmentIsDecided(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	order := w.submit(request(want{"ITEM-1", 10}))
	w.settle()
	w.troubles.set(func(method string) trouble { return map[string]trouble{"ClaimCredit": notDone}[method] })
	w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.Lines, req.Wait = []*orderv1.AmendLine{lineTo(1, "12")}, noWait
	})
	made := w.orderTo("LEEDS")
	delete(made.left, 1)
	w.inventory.take(spot{made.order, 1, "LEEDS"}, 10)
	w.events.add("s1", &fulfillmentv1.ShipmentShipped{ShipmentId: "s1", Shipment: &fulfillmentv1.Shipment{
		ShipmentId: "s1", OrderId: order.GetOrderId(), NodeId: "LEEDS", Lines: []*fulfillmentv1.ShipmentLine{{LineNumber: 1, Quantity: 11, OverShipped: 1}},
	}})
	w.hear()
	if got := w.get(order); got.GetLines()[0].GetOrdered() != "10" || got.GetRevision() != 0 {
		t.Errorf("order %v, want it as it was", got)
	}
	w.troubles.set(nil)
	w.settle()
	w.billing.grow(order.GetOrderId(), 1, 1)
	w.billing.take(order.GetOrderId(), 1, 11)
	got := w.get(order)
	if line := got.GetLines()[0]; got.GetRevision() != 2 || line.GetOrdered() != "13" || line.GetShipped() != "11" || line.GetReleased() != "2" {
		t.Errorf("order %v, want revision 2: 12 wanted and 1 beyond", got)
	}
	w.checkAll()
}

// The last invoice that is paid closes the order, not one before.
func TestClosedWhenEveryInvoiceIsPaid(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	var invoices []string
	for range 2 {
		w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 3})
		for _, one := range w.events.list {
			if issued, ok := one.payload.(*billingv1.InvoiceIssued); ok {
				invoices = append(invoices, issued.GetInvoiceId())
			}
		}
		w.settle()
	}
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	for i, status := range []orderv1.OrderStatus{orderv1.OrderStatus_ORDER_STATUS_INVOICED, orderv1.OrderStatus_ORDER_STATUS_CLOSED} {
		w.events.add(invoices[i], &billingv1.InvoicePaid{InvoiceId: invoices[i], OrderId: order.GetOrderId(), SettledBy: "PAID"})
		w.settle()
		w.wantStatus(order, status)
	}
	w.verify()
}
