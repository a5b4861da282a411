package operations

import (
	"fmt"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// inventoryWords tell the events of reservations. Their quantities have no scale, so items and places are named alone.
func inventoryWords() []telling {
	return []telling{
		after(tells(reserved), &orderv1.OrderReceived{}, func(e *inventoryv1.ReservationReserved) string {
			if e.GetCause() == inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED {
				return ""
			}
			return e.GetOrderId()
		}),
		tells(func(e *inventoryv1.ReservationCancelled) string {
			return because("Stock was given back: "+changed(e.GetChanges()), e.GetReason())
		}),
		tells(func(e *inventoryv1.ReservationRevoked) string {
			return because("A promise was taken back, it waits for stock: "+changed(e.GetChanges()), e.GetReason())
		}),
		after(tells(func(e *inventoryv1.ReservationConsumed) string {
			return "Promised stock left: " + changed(e.GetChanges())
		}),
			&fulfillmentv1.ShipmentShipped{}, (*inventoryv1.ReservationConsumed).GetShipmentId),
		tells(func(e *inventoryv1.ReservationExpired) string {
			return "The hold on stock has ended: " + changed(e.GetChanges())
		}),
		tells(func(e *inventoryv1.ReservationConfirmed) string {
			return "The hold on stock became a reservation: " + changed(e.GetChanges())
		}),
		tells(func(e *inventoryv1.StockMoved) string {
			return at("Posted in the ledger: "+e.GetSku(), "in", e.GetNodeId())
		}),
		tells(func(e *inventoryv1.StockFrozen) string {
			return at("A fact about stock cannot be true, it is to be counted: "+e.GetSku(), "in", e.GetNodeId())
		}),
	}
}

// several counts things, of which one is called otherwise.
func several(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func reserved(e *inventoryv1.ReservationReserved) string {
	waits, unfilled := 0, 0
	for _, line := range e.GetLines() {
		if line.GetBackordered() > 0 {
			waits++
		}
		if line.GetUnfilled() > 0 {
			unfilled++
		}
	}
	aside := list(e.GetLines(), func(line *inventoryv1.ReservationLine) string {
		if len(line.GetAllocations()) == 0 {
			return ""
		}
		return at(line.GetSku(), "in", list(line.GetAllocations(), (*inventoryv1.Allocation).GetNodeId))
	})
	text := "Stock was set aside: " + aside
	switch {
	case aside == "":
		text = "No stock could be set aside"
	case e.GetCause() == inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED:
		text = "Stock arrived and was set aside: " + aside
	}
	if waits > 0 {
		text += "; " + several(waits, "line waits", "lines wait") + " for stock"
	}
	if unfilled > 0 {
		text += "; " + several(unfilled, "line stays", "lines stay") + " without"
	}
	return text
}

func changed(changes []*inventoryv1.ReservationChange) string {
	return list(changes, func(change *inventoryv1.ReservationChange) string {
		return at(change.GetSku(), "in", change.GetNodeId())
	})
}
