package order

import (
	"testing"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	shipComplete = orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_COMPLETE
	fillOrKill   = orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_FILL_OR_KILL
)

func (w *world) submitWith(policy orderv1.FulfillmentPolicy, wants ...want) *orderv1.Order {
	w.t.Helper()
	req := request(wants...)
	req.FulfillmentPolicy = policy
	return w.submit(req)
}

// orderTo is what a warehouse was last asked to ship.
func (w *world) orderTo(node string) *fakeFulfilment {
	w.t.Helper()
	w.fulfillment.mu.Lock()
	defer w.fulfillment.mu.Unlock()
	for i := len(w.fulfillment.orders) - 1; i >= 0; i-- {
		if made := w.fulfillment.orders[i]; made.node == node {
			return made
		}
	}
	w.t.Fatalf("nothing was handed over to %q", node)
	return nil
}

func TestBackorderIsFilledLater(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 3)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetReleased() != "3" || line.GetBackordered() != "2" {
		t.Fatalf("line %v, want 3 released and 2 backordered", line)
	}
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_PARTIALLY_SHIPPED)
	w.verify()

	w.inventory.AddStock("ITEM-1", "YORK", 10)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestShipCompleteWaitsForAll(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submitWith(shipComplete, want{"ITEM-1", 5}, want{"ITEM-2", 2}, want{"FREIGHT", 1})
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	if got := len(w.fulfillment.orders); got != 0 {
		t.Fatalf("%d orders to warehouses, want none yet", got)
	}
	w.inventory.AddStock("ITEM-2", "YORK", 2)
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestFillOrKill(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	killed := w.submitWith(fillOrKill, want{"ITEM-1", 3}, want{"ITEM-1", 3})
	if killed.GetState() != orderv1.OrderState_ORDER_STATE_REJECTED || killed.GetReasons()[0].GetReason() != "INSUFFICIENT" {
		t.Errorf("%v for %v, want REJECTED for INSUFFICIENT", killed.GetState(), killed.GetReasons())
	}
	filled := w.submitWith(fillOrKill, want{"ITEM-1", 3}, want{"ITEM-1", 2})
	if filled.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("state %v, want ACCEPTED", filled.GetState())
	}
	w.settle()
	w.verify()
}

func TestServicesAlone(t *testing.T) {
	w := newWorld(t)
	order := w.submit(request(want{"FREIGHT", 2}))
	w.settle()
	if made := w.orderTo(""); len(made.lines) != 1 || !made.lines[0].GetService() {
		t.Errorf("handed over %v, want the service", made.lines)
	}
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

// A service waits for the first goods, and goes with them.
func TestServicesWaitForGoods(t *testing.T) {
	w := newWorld(t)
	order := w.submit(request(want{"ITEM-1", 1}, want{"FREIGHT", 1}))
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.inventory.AddStock("ITEM-1", "HULL", 1)
	w.settle()
	if made := w.orderTo("HULL"); len(made.lines) != 2 {
		t.Errorf("handed over %v, want goods and service", made.lines)
	}
	w.shipAll()
	w.settle()
	w.verify()
}

func TestShortPickIsSourcedElsewhere(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 10)
	order := w.submit(request(want{"ITEM-1", 10}, want{"FREIGHT", 1}))
	w.settle()
	w.inventory.AddStock("ITEM-1", "YORK", 2)
	made := w.orderTo("LEEDS")
	w.short(made, 1, 3)
	w.shipAll()
	w.settle()
	order = w.get(order)
	if line := order.GetLines()[0]; line.GetShipped() != "7" || line.GetReleased() != "2" || line.GetBackordered() != "1" {
		t.Errorf("line %v, want 7 shipped, 2 released elsewhere, 1 backordered", line)
	}
	w.verify()
	w.inventory.AddStock("ITEM-1", "HULL", 1)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestShortPickIsSourcedElsewhereFirst(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 50)
	order := w.submit(request(want{"ITEM-1", 10}))
	w.settle()
	w.inventory.AddStock("ITEM-1", "YORK", 3)
	w.short(w.orderTo("LEEDS"), 1, 3)
	w.settle()
	if at := w.get(order).GetLines()[0].GetAllocations(); len(at) != 2 || at[1].GetNodeId() != "YORK" || at[1].GetReleased() != "3" {
		t.Errorf("allocations %v, want 3 in YORK although LEEDS has more", at)
	}
	w.verify()
}

func TestShortPickOfTheOnlyWarehouse(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 50)
	order := w.submit(request(want{"ITEM-1", 10}))
	w.settle()
	for range 3 {
		w.short(w.orderTo("LEEDS"), 1, 3)
		w.settle()
		if line := w.get(order).GetLines()[0]; line.GetReleased() != "10" {
			t.Errorf("line %v, want it released there again: there is more", line)
		}
		w.verify()
	}
	w.short(w.orderTo("LEEDS"), 1, 3)
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetReleased() != "7" || line.GetBackordered() != "3" {
		t.Errorf("line %v, want 3 that wait: it was tried often enough", line)
	}
	w.verify()
}

func TestShortPickOfFillOrKillIsCancelled(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 10)
	order := w.submitWith(fillOrKill, want{"ITEM-1", 10})
	w.settle()
	w.inventory.AddStock("ITEM-1", "YORK", 1)
	w.short(w.orderTo("LEEDS"), 1, 3)
	w.settle()
	w.shipAll()
	w.settle()
	order = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	if line := order.GetLines()[0]; line.GetShipped() != "8" || line.GetCancelled() != "2" {
		t.Errorf("line %v, want 8 shipped and 2 cancelled", line)
	}
	w.verify()
}

func TestWarehouseRejects(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}, want{"FREIGHT", 1}))
	w.settle()
	w.inventory.AddStock("ITEM-1", "YORK", 5)
	w.reject(w.orderTo("LEEDS"))
	w.settle()
	if made := w.orderTo("YORK"); len(made.lines) != 2 {
		t.Errorf("handed over %v, want goods and service", made.lines)
	}
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestFulfillmentIsRefused(t *testing.T) {
	w := newWorld(t)
	w.fulfillment.refuse = func(want *fulfillmentv1.FulfillmentRequest) string {
		if want.GetNodeId() == "LEEDS" {
			return "NODE_CLOSED"
		}
		return ""
	}
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	w.inventory.AddStock("ITEM-1", "YORK", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.orderTo("YORK")
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
	if got := w.count(`SELECT count(*) FROM process_exception WHERE reason = 'FULFILLMENT_REFUSED'`); got != 1 {
		t.Errorf("%d exceptions, want one that names the refusal", got)
	}
}

func TestRevokedWaitsAgain(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submitWith(shipComplete, want{"ITEM-1", 5}, want{"ITEM-2", 1})
	w.settle()
	w.inventory.Revoke("ITEM-1", "LEEDS", 2)
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetReserved() != "3" || line.GetBackordered() != "2" {
		t.Errorf("line %v, want 3 reserved and 2 backordered", line)
	}
	w.verify()
	w.inventory.AddStock("ITEM-1", "HULL", 2)
	w.inventory.AddStock("ITEM-2", "HULL", 1)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestNotBeforeItsDay(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	req := request(want{"ITEM-1", 5})
	req.NotBefore = w.clock.now().Add(48 * time.Hour).UTC().Format(time.DateOnly)
	order := w.submit(req)
	if order.GetNotBefore() != req.GetNotBefore() {
		t.Errorf("not before %q, want %q", order.GetNotBefore(), req.GetNotBefore())
	}
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_ALLOCATED)
	if reply, err := w.client.CountOrders(t.Context(), &orderv1.CountOrdersRequest{}); err != nil || reply.GetMoving() != 0 {
		t.Errorf("%v moving (%v), want none: it waits for a date", reply.GetMoving(), err)
	}
	w.clock.forward(48 * time.Hour)
	w.eventually("it is handed over", func() bool {
		return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_RELEASED
	})
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	if got := w.count(`SELECT count(*) FROM process`); got != 0 {
		t.Errorf("%d processes left", got)
	}
	w.verify()
}

func TestMoreThanWasAskedFor(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.shipAll()
	w.events.add("extra", &fulfillmentv1.ShipmentShipped{ShipmentId: "extra", Shipment: &fulfillmentv1.Shipment{
		OrderId: order.GetOrderId(), NodeId: "LEEDS", Lines: []*fulfillmentv1.ShipmentLine{
			{LineNumber: 1, Quantity: 1, Unplanned: true}, {LineNumber: 1, Quantity: 2},
		},
	}})
	w.settle()
	if line := w.get(order).GetLines()[0]; line.GetShipped() != "5" {
		t.Errorf("shipped %s, want 5: what nobody asked for is in no bucket", line.GetShipped())
	}
	if got := w.count(`SELECT count(*) FROM process_exception WHERE reason = 'UNEXPECTED_SHIPMENT'`); got != 2 {
		t.Errorf("%d exceptions, want 2", got)
	}
	w.verify()
}
