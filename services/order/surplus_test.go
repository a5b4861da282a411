package order

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// A promise is taken back whose unit is with the warehouse; so what waits for it is given up. Before that is known both units
// that wait were served from elsewhere, and inventory gives up a third one, which it has just taken back from LEEDS. The
// order needs all that is left.
func TestNothingIsGivenUpTwice(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "HULL", 1)
	order := w.submit(request(want{"ITEM-1", 4}))
	w.eventually("HULL has its part", func() bool { return len(w.handedOver()) == 1 })
	w.placeHold(order, manual)
	w.inventory.AddStock("ITEM-1", "LEEDS", 2)
	w.settle()
	w.inventory.Revoke("ITEM-1", "HULL", 1)
	w.inventory.AddStock("ITEM-1", "YORK", 2)
	w.inventory.Revoke("ITEM-1", "LEEDS", 1)
	first, ok := w.events.take(func(int) int { return 0 })
	if !ok {
		t.Fatal("nothing was told")
	}
	w.deliver(w.service.onFacts, message(first))
	w.eventually("one that waits is given up", func() bool {
		return w.inventory.held()[spot{order.GetOrderId(), 1, ""}] == 0
	})
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetReserved() != "3" || line.GetBackordered() != "0" {
		t.Errorf("line %v, want 3 reserved", line)
	}
	w.liftHold(order, manual)
	w.settle()
	w.shipAll()
	w.settle()
	w.verify()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
}
