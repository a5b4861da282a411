package warehouse_test

import (
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
	"github.com/waybill-dev/waybill/services/connector/wms"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

const closed = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CLOSED

func TestAnOrderGoesThroughTheWarehouse(t *testing.T) {
	w := newWorld(t, wms.Config{})
	mixed := order("a", 5, 7)
	mixed.Lines[1].Service = true
	for _, id := range w.create(mixed, order("b", 1, 2, 3)) {
		for _, line := range w.until(id, closed).GetLines() {
			if line.GetShipped() != line.GetRequested() || line.GetPicked() != line.GetRequested() {
				t.Errorf("line %v", line)
			}
		}
	}
	if lines := reconciletest.Read(t, w.fulfillmentDB, fulfillment.Figures(), "fulfillment.shipment_lines"); len(lines) != 5 {
		t.Errorf("shipped lines %v", lines)
	}
	w.sound()
}
