package order

import (
	"strings"
	"testing"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// An event that cannot be handled is tried a few times and put away with all that is needed to mend it. What comes after it
// about the same warehouse's order is parked behind it, what is about others flows on. Once the cause is mended and it is
// handed in again, all of it is booked in order and once.
func TestPoisonMessage(t *testing.T) {
	w := newWorld(t)
	m := w.connect()
	w.inventory.AddStock("ITEM-1", "LEEDS", 8)
	broken, other := w.submit(request(want{"ITEM-1", 5})), w.submit(request(want{"ITEM-1", 3}))
	w.eventually("both are handed over", func() bool { return len(w.handedOver()) == 2 })
	w.eventually("nothing is under way", func() bool { return w.count(`SELECT count(*) FROM process`) == 0 })
	of := map[string]*fakeFulfilment{}
	for _, made := range w.handedOver() {
		of[made.order] = made
	}
	mend := w.spoil(broken)
	w.short(of[broken.GetOrderId()], 1, 1)
	w.short(of[broken.GetOrderId()], 1, 2)
	w.ship(of[other.GetOrderId()], map[int32]int64{1: 3})
	w.publish(m)
	w.eventually("the other order is invoiced", func() bool {
		return w.get(other).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_INVOICED
	})
	aggregate := inbox.Key("fulfillment.fulfillment", of[broken.GetOrderId()].id)
	w.eventually("the first event is put away and the second one parked", func() bool {
		return w.count(`SELECT count(*) FROM inbox_dead_letter WHERE aggregate = $1 AND sequence = 1 AND resolved_at IS NULL`, aggregate) == 1 &&
			w.count(`SELECT count(*) FROM inbox_parked WHERE aggregate = $1 AND sequence = 2`, aggregate) == 1
	})
	w.wantDeadLetter(aggregate)
	mend()
	if line := w.get(broken).GetLines()[0]; line.GetReleased() != "5" {
		t.Errorf("line %v, want it untouched", line)
	}
	_, err := database.Tx(t.Context(), w.db, "retry", func(tx database.Transaction) (inbox.Letter, error) {
		var event string
		if err := tx.QueryRow(t.Context(), `SELECT id FROM inbox_dead_letter WHERE aggregate = $1`, aggregate).Scan(&event); err != nil {
			return inbox.Letter{}, err
		}
		return inbox.RetryLetter(t.Context(), tx, "order-fulfillment", event, inbox.Decision{})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("both are booked and the shorted units wait for stock", func() bool {
		line := w.get(broken).GetLines()[0]
		return line.GetReleased() == "2" && line.GetBackordered() == "3"
	})
	if n := w.count(`SELECT count(*) FROM inbox_parked`) + w.count(`SELECT count(*) FROM inbox_dead_letter WHERE resolved_at IS NULL`); n != 0 {
		t.Errorf("%d events are still put away", n)
	}
	w.verify()
}

// spoil makes an order's row unreadable, and gives a function that mends it.
func (w *world) spoil(order *orderv1.Order) (mend func()) {
	w.t.Helper()
	key, err := id.Parse(id.Order, order.GetOrderId())
	if err != nil {
		w.t.Fatal(err)
	}
	row := " WHERE order_id = '" + key.String() + "'"
	w.exec(`CREATE TABLE aside AS SELECT order_id, lines FROM order_state` + row)
	w.exec(`UPDATE order_state SET lines = '{}'` + row)
	return func() { w.exec(`UPDATE order_state SET lines = (SELECT lines FROM aside)` + row) }
}

// wantDeadLetter compares a dead letter with what people need to mend its cause.
func (w *world) wantDeadLetter(aggregate string) {
	w.t.Helper()
	var schema, cause, consumer string
	var attempts int
	var envelope []byte
	err := w.db.Pool().QueryRow(w.t.Context(), `SELECT consumer, schema, error, attempts, envelope FROM inbox_dead_letter WHERE aggregate = $1`,
		aggregate).Scan(&consumer, &schema, &cause, &attempts, &envelope)
	if err != nil {
		w.t.Fatal(err)
	}
	if consumer != "order-fulfillment" || schema != "waybill.fulfillment.v1.FulfillmentShorted" || attempts != 5 || !strings.Contains(cause, "json") {
		w.t.Errorf("%s %s after %d attempts: %s", consumer, schema, attempts, cause)
	}
	event, err := bus.ParseEnvelope(envelope)
	if err != nil {
		w.t.Fatal(err)
	}
	payload, err := event.Payload()
	if err != nil {
		w.t.Fatal(err)
	}
	shorted, ok := payload.(*fulfillmentv1.FulfillmentShorted)
	if !ok || shorted.GetShorted()[0].GetQuantity() != 1 || !strings.HasPrefix(event.Type, "waybill.fulfillment.fulfillment.shorted.v1") {
		w.t.Errorf("%s with %v", event.Type, payload)
	}
}
