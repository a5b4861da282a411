package order

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// Of a line of which a part was shipped, the rest is cancelled, what was shipped is named as refused, and until the warehouse
// agrees a shipment wins.
func TestPartialCancelAfterPartShip(t *testing.T) {
	w := newWorld(t)
	w.fulfillment.stopAtOnce = false
	w.inventory.AddStock("ITEM-1", "LEEDS", 8)
	order := w.submit(request(want{"ITEM-1", 10}))
	w.settle()
	w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 3})
	w.settle()
	got := w.cancel(order).GetOutcomes()[0]
	if got.GetCancelled() != "2" || got.GetRequested() != "5" || got.GetRefused() != "3" || got.GetRefusedReason() != "ALREADY_SHIPPED" {
		t.Errorf("outcome %v, want 2 cancelled, 5 asked of the warehouse, 3 refused as shipped", got)
	}
	w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 1})
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetShipped() != "4" || line.GetReleased() != "4" || line.GetCancelled() != "2" {
		t.Errorf("line %v, want that a shipment has won", line)
	}
	w.fulfillment.mu.Lock()
	w.fulfillment.cancelled(w.fulfillment.orders[0])
	w.fulfillment.mu.Unlock()
	w.settle()
	line := w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED).GetLines()[0]
	if line.GetShipped() != "4" || line.GetInvoiced() != "4" || line.GetCancelled() != "6" {
		t.Errorf("line %v, want 4 invoiced and 6 cancelled", line)
	}
	w.verify()
}

// Three shipments from two places: each moves its own quantities, and the status follows from their sum.
func TestSeveralShipmentsPerOrder(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 6)
	w.inventory.AddStock("ITEM-2", "YORK", 4)
	order := w.submit(request(want{"ITEM-1", 6}, want{"ITEM-2", 4}))
	w.settle()
	for i, step := range []struct {
		node     string
		quantity map[int32]int64
		shipped  [2]string
		status   orderv1.OrderStatus
	}{
		{"LEEDS", map[int32]int64{1: 2}, [2]string{"2", "0"}, orderv1.OrderStatus_ORDER_STATUS_PARTIALLY_SHIPPED},
		{"YORK", map[int32]int64{2: 4}, [2]string{"2", "4"}, orderv1.OrderStatus_ORDER_STATUS_PARTIALLY_SHIPPED},
		{"LEEDS", map[int32]int64{1: 4}, [2]string{"6", "4"}, orderv1.OrderStatus_ORDER_STATUS_INVOICED},
	} {
		w.ship(w.orderTo(step.node), step.quantity)
		w.settle()
		got := w.wantStatus(order, step.status)
		if a, b := got.GetLines()[0].GetShipped(), got.GetLines()[1].GetShipped(); a != step.shipped[0] || b != step.shipped[1] {
			t.Errorf("after shipment %d: shipped %s and %s, want %v", i+1, a, b, step.shipped)
		}
	}
	w.verify()
}

// A report about one line leaves the others as they are, whatever it says.
func TestAPartialFulfilmentTouchesNoOtherLine(t *testing.T) {
	w := newWorld(t)
	for _, sku := range []string{"ITEM-1", "ITEM-2", "ITEM-3"} {
		w.inventory.AddStock(sku, "LEEDS", 5)
	}
	order := w.submit(request(want{"ITEM-1", 5}, want{"ITEM-2", 5}, want{"ITEM-3", 5}))
	w.settle()
	made := w.orderTo("LEEDS")
	w.ship(made, map[int32]int64{2: 3})
	w.short(made, 2, 2)
	w.leaves(order, &fulfillmentv1.Shipment{ShipmentId: "over", Lines: []*fulfillmentv1.ShipmentLine{{LineNumber: 2, Quantity: 1, OverShipped: 1}}})
	w.settle()
	got := w.get(order)
	for _, at := range []int{0, 2} {
		if line := got.GetLines()[at]; line.GetReleased() != "5" || line.GetOrdered() != "5" || line.GetShipped() != "0" {
			t.Errorf("line %v, want it untouched", line)
		}
	}
	if line := got.GetLines()[1]; line.GetShipped() != "4" || line.GetBackordered() != "2" || line.GetOrdered() != "6" {
		t.Errorf("line %v, want 4 shipped and 2 waiting", line)
	}
	w.verify()
}

// The short part of a pick is looked for anew, and only what was shipped is invoiced.
func TestShortPickIsOpenAgainAndOnlyTheShippedIsInvoiced(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 10)
	order := w.submit(request(want{"ITEM-1", 10}))
	w.settle()
	w.short(w.orderTo("LEEDS"), 1, 3)
	w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 7})
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetShipped() != "7" || line.GetInvoiced() != "7" || line.GetBackordered() != "3" {
		t.Errorf("line %v, want 7 shipped and invoiced, 3 waiting", line)
	}
	w.verify()
}
