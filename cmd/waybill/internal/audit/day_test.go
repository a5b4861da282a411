package audit

import (
	"fmt"
	"testing"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// day puts stock in a place and some orders through: most are shipped and invoiced, one waits for stock, one is held, one is paid by
// card. It returns when nothing moves any more and everything agrees.
func (w *world) day(t *testing.T) []string {
	t.Helper()
	must(t)(w.Inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: "day", Adjustments: []*inventoryv1.StockAdjustment{
			{Sku: "A", NodeId: "EAST", Quantity: "100", Reason: "COUNT"}, {Sku: "B", NodeId: "WEST", Quantity: "100", Reason: "COUNT"},
		},
	}))
	var orders []string
	for i := range 8 {
		orders = append(orders, w.send(t, fmt.Sprint("day-", i), "RICH", line("A", 3), line("B", 2), line("FEE", 1)))
	}
	orders = append(orders, w.send(t, "day-waits", "RICH", line("C", 5)), w.send(t, "day-held", "POOR", line("FEE", 1000)))
	w.atRest(t)
	return orders
}

func line(sku string, quantity int) *orderv1.SubmitOrderLine {
	return &orderv1.SubmitOrderLine{Sku: sku, Quantity: &commonv1.Quantity{Value: fmt.Sprint(quantity)}}
}

// send submits an order that takes part deliveries, and gives its id.
func (w *world) send(t *testing.T, number, account string, lines ...*orderv1.SubmitOrderLine) string {
	t.Helper()
	reply, err := w.Order.SubmitOrder(t.Context(), &orderv1.SubmitOrderRequest{
		RequestId: number, PartnerId: "P", ExternalOrderId: number, AccountId: account, CurrencyCode: "GBP", Lines: lines,
		FulfillmentPolicy: orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_PARTIAL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetOrder().GetOrderId()
}

// atRest waits until nothing moves any more and everything agrees.
func (w *world) atRest(t *testing.T) {
	t.Helper()
	var last error
	eventually(t, "everything is at rest", func() bool {
		counts, err := w.Order.CountOrders(t.Context(), &orderv1.CountOrdersRequest{})
		if err != nil || counts.GetMoving() > 0 {
			last = fmt.Errorf("%v moving, %w", counts.GetMoving(), err)
			return false
		}
		last = w.sound(t.Context(), true)
		return last == nil
	})
	if last != nil {
		t.Fatal(last)
	}
}
