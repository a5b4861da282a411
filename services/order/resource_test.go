package order

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// One order's warehouse rejects it; another order waits for what the channel may have of the item, and would get it as soon
// as the first one gives up its promise.
func TestNobodyGetsBetweenTheOldPromiseAndTheNew(t *testing.T) {
	w := newWorld(t)
	w.inventory.quota = map[string]int64{"ITEM-1": 5}
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	first := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	second := w.submit(request(want{"ITEM-1", 5}))
	w.inventory.AddStock("ITEM-1", "YORK", 5)
	w.settle()
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.reject(w.orderTo("LEEDS"))
	w.settle()
	if line := w.get(first).GetLines()[0]; line.GetReleased() != "5" {
		t.Errorf("line %v, want it released in YORK", line)
	}
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.verify()
	w.shipAll()
	w.inventory.AddStock("ITEM-1", "LEEDS", 1)
	w.settle()
	w.shipAll()
	w.settle()
	w.wantStatus(first, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

// What has to wait after a rejection or a short pick waits where it would have waited from the beginning: before an order that
// came after it and has waited meanwhile.
func TestResourcedKeepsItsPlaceInTheQueue(t *testing.T) {
	for name, fail := range map[string]func(w *world, first *orderv1.Order){
		"rejected": func(w *world, _ *orderv1.Order) { w.reject(w.orderTo("LEEDS")) },
		"short":    func(w *world, _ *orderv1.Order) { w.short(w.orderTo("LEEDS"), 1, 3) },
		"rejected while it is held": func(w *world, first *orderv1.Order) {
			w.placeHold(first, manual)
			w.reject(w.orderTo("LEEDS"))
			w.settle()
			w.liftHold(first, manual)
		},
		"short while it is held": func(w *world, first *orderv1.Order) {
			w.placeHold(first, manual)
			w.short(w.orderTo("LEEDS"), 1, 3)
			w.settle()
			w.liftHold(first, manual)
		},
		"revoked while it is with the warehouse, and rejected": func(w *world, _ *orderv1.Order) {
			w.inventory.Revoke("ITEM-1", "LEEDS", 5)
			w.settle()
			w.reject(w.orderTo("LEEDS"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.inventory.AddStock("ITEM-1", "LEEDS", 5)
			first := w.submit(request(want{"ITEM-1", 5}))
			w.settle()
			second := w.submit(request(want{"ITEM-1", 20}))
			w.settle()
			fail(w, first)
			w.settle()
			w.inventory.AddStock("ITEM-1", "YORK", 5)
			w.settle()
			if line := w.get(first).GetLines()[0]; line.GetReleased() != "5" {
				t.Errorf("line %v, want what has come to YORK", line)
			}
			if line := w.get(second).GetLines()[0]; line.GetBackordered() == "0" {
				t.Errorf("line %v, want that it waits longer", line)
			}
			w.verify()
		})
	}
}

// What an amendment adds is as old as the amendment.
func TestAddedUnitsDoNotGoBeforeThoseThatWait(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	first := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	second := w.submit(request(want{"ITEM-1", 2}))
	w.settle()
	w.amend(first, "a1", lines(lineTo(1, "7")))
	w.settle()
	w.inventory.AddStock("ITEM-1", "YORK", 2)
	w.settle()
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	if line := w.get(first).GetLines()[0]; line.GetBackordered() != "2" {
		t.Errorf("line %v, want the added ones to wait", line)
	}
	w.verify()
}

// While inventory cannot be reached a rejected order keeps what it has; nothing is half done.
func TestRejectedKeepsItsPromiseUntilTheNewOneIsMade(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	first := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	second := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	asked := make(chan struct{}, 1)
	w.troubles.set(func(method string) trouble {
		if method != "Reserve" {
			return none
		}
		select {
		case asked <- struct{}{}:
		default:
		}
		return notDone
	})
	w.reject(w.orderTo("LEEDS"))
	w.hear()
	<-asked
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	if held := w.inventory.held()[spot{first.GetOrderId(), 1, "LEEDS"}]; held != 5 {
		t.Errorf("%d held in LEEDS, want 5 as long as nothing else is", held)
	}
	w.troubles.set(nil)
	w.settle()
	w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	w.wantStatus(first, orderv1.OrderStatus_ORDER_STATUS_BACKORDERED)
	w.verify()
}

// Nothing is looked for while the order is held, or by an inventory that does not know how: it is given back all the same.
func TestRejectedIsGivenBackWhenNothingTakesItsPlace(t *testing.T) {
	for name, prepare := range map[string]func(w *world, order *orderv1.Order){
		"held":          func(w *world, order *orderv1.Order) { w.placeHold(order, manual) },
		"old inventory": func(w *world, _ *orderv1.Order) { w.inventory.old = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.inventory.AddStock("ITEM-1", "LEEDS", 5)
			first := w.submit(request(want{"ITEM-1", 5}))
			w.settle()
			second := w.submit(request(want{"ITEM-1", 5}))
			w.settle()
			prepare(w, first)
			w.reject(w.orderTo("LEEDS"))
			w.settle()
			w.wantStatus(second, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
			if held := w.inventory.held()[spot{first.GetOrderId(), 1, "LEEDS"}]; held != 0 {
				t.Errorf("%d are still promised", held)
			}
		})
	}
}
