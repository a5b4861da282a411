package order

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

func TestReturnedIsShownPerLine(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.shipAll()
	w.settle()
	back := func(quantity int64) {
		w.events.add("ret", &fulfillmentv1.ReturnReceived{
			ReturnId: "ret", ReturnDocument: &fulfillmentv1.Return{
				OrderId: order.GetOrderId(), Lines: []*fulfillmentv1.ReturnLine{{Position: 7, LineNumber: 1}, {Position: 8}},
			},
			Movements: []*fulfillmentv1.ReturnMovement{{Position: 7, Received: quantity}, {Position: 8, Received: 9}},
		})
		w.settle()
	}
	back(2)
	back(1)
	if line := w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED).GetLines()[0]; line.GetReturned() != "3" || line.GetShipped() != "5" {
		t.Errorf("line %v, want 3 of 5 returned", line)
	}
	if got := w.exceptions("UNEXPECTED_RETURN", false); len(got) != 0 {
		t.Errorf("exceptions %v", got)
	}
	back(3)
	if got := w.exceptions("UNEXPECTED_RETURN", false); len(got) != 1 {
		t.Errorf("exceptions %v, want one: more came back than was shipped", got)
	}
	w.verify()
}
