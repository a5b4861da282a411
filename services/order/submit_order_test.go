package order

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

func TestFromSubmissionToInvoice(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.inventory.AddStock("ITEM-2", "YORK", 100)

	order := w.submit(request(want{"item-1", 5}, want{"ITEM-2", 3}, want{"FREIGHT", 1}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Fatalf("state %v, want ACCEPTED: %v", order.GetState(), order)
	}
	if got, want := order.GetNetTotal().GetMinorUnits(), int64(8*250+500); got != want {
		t.Errorf("net total %d, want %d", got, want)
	}
	if got := order.GetLines()[0].GetSku(); got != "ITEM-1" {
		t.Errorf("sku %q, want the spelling of the master data", got)
	}
	w.settle()
	if got := len(w.fulfillment.orders); got != 2 {
		t.Fatalf("%d orders to warehouses, want one for each of two", got)
	}
	w.shipAll()
	w.settle()
	order = w.get(order)
	if order.GetStatus() != orderv1.OrderStatus_ORDER_STATUS_INVOICED || order.GetCompletedAt() == nil {
		t.Errorf("status %v, completed %v, want INVOICED and completed", order.GetStatus(), order.GetCompletedAt())
	}
	w.verify()
}
