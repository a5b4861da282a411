package order

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// What is short is sent as another item, the preferred one first, at the price of the line that it stands in for.
func TestShortageIsSubstitutedWhereTheLineAllowsIt(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-4", "LEEDS", 4)
	w.inventory.AddStock("ITEM-5", "YORK", 2)
	w.inventory.AddStock("ITEM-6", "LEEDS", 3)
	req := request(want{"ITEM-4", 10}, want{"ITEM-4", 1})
	req.Lines[0].AllowSubstitution, req.Lines[0].UnitPrice = true, "3"
	order := w.submit(req)
	w.settle()
	got := w.get(order)
	if len(got.GetLines()) != 4 || got.GetRevision() != 2 || got.GetNetTotal().GetMinorUnits() != 15*300+250 {
		t.Fatalf("order %v, want two lines more in revision 2", got)
	}
	a, b, c, d := got.GetLines()[0], got.GetLines()[1], got.GetLines()[2], got.GetLines()[3]
	if a.GetReleased() != "4" || a.GetCancelled() != "5" || a.GetBackordered() != "1" || b.GetBackordered() != "1" {
		t.Errorf("lines %v and %v, want 4 released, 5 replaced, 1 waiting; and nothing replaced of the other", a, b)
	}
	if c.GetSku() != "ITEM-5" || c.GetReleased() != "2" || c.GetSubstituteForLine() != 1 || d.GetSku() != "ITEM-6" || d.GetReleased() != "3" {
		t.Errorf("lines %v and %v, want 2 of ITEM-5 and 3 of ITEM-6", c, d)
	}
	if told := w.announced(order, "order.order.amended"); told != 2 {
		t.Errorf("told %d times that it was amended, want twice", told)
	}
	w.billing.grow(order.GetOrderId(), 3, 2)
	w.billing.grow(order.GetOrderId(), 4, 3)
	w.verify()
	w.inventory.AddStock("ITEM-4", "HULL", 2)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

// A warehouse is short: what it lacks and no other has is replaced.
func TestShortPickIsSubstituted(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-4", "LEEDS", 5)
	w.inventory.AddStock("ITEM-5", "YORK", 9)
	req := request(want{"ITEM-4", 5})
	req.Lines[0].AllowSubstitution = true
	order := w.submit(req)
	w.settle()
	w.short(w.orderTo("LEEDS"), 1, 2)
	w.settle()
	got := w.get(order)
	if len(got.GetLines()) != 2 || got.GetLines()[1].GetReleased() != "2" || got.GetLines()[0].GetReleased() != "3" {
		t.Fatalf("order %v, want 2 of ITEM-5 from YORK", got)
	}
	w.billing.grow(order.GetOrderId(), 2, 2)
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}
