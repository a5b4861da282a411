package inventory

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/shard"
)

// handed is an order of A to N1, with its counters, and a service line that has no stock.
func handed(order string, requested, picked, shorted, cancelled int64) *fulfillmentv1.Fulfillment {
	return &fulfillmentv1.Fulfillment{
		FulfillmentId: "ful_" + order, OrderId: order, NodeId: "N1",
		Lines: []*fulfillmentv1.FulfillmentLine{
			{LineNumber: 1, Sku: "A", Requested: requested, Picked: picked, Shorted: shorted, Cancelled: cancelled},
			{LineNumber: 2, Sku: "FREIGHT", Service: true, Requested: 1, Picked: 1},
		},
	}
}

func shipped(order string, number int, quantity int64) *fulfillmentv1.ShipmentShipped {
	id := fmt.Sprintf("shp_%s_%d", order, number)
	return &fulfillmentv1.ShipmentShipped{ShipmentId: id, Shipment: &fulfillmentv1.Shipment{
		ShipmentId: id, FulfillmentId: "ful_" + order, OrderId: order, NodeId: "N1",
		Lines: []*fulfillmentv1.ShipmentLine{
			{LineNumber: 1, Sku: "A", Quantity: quantity}, {LineNumber: 2, Sku: "FREIGHT", Quantity: 1, Service: true},
		},
	}}
}

// TestFactsInAnyOrder hands the story of a short pick to the consumer in several orders, one by one and at once. Within
// one order to a warehouse events keep their order; shipments come from elsewhere.
func TestFactsInAnyOrder(t *testing.T) {
	created := &fulfillmentv1.FulfillmentCreated{Fulfillment: handed("ord_1", 10, 0, 0, 0)}
	picked := &fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 10, 7, 0, 0)}
	short := &fulfillmentv1.FulfillmentShorted{Fulfillment: handed("ord_1", 10, 7, 3, 0)}
	closed := &fulfillmentv1.FulfillmentClosed{Fulfillment: handed("ord_1", 10, 7, 3, 0)}
	sent := &fulfillmentv1.FulfillmentSent{FulfillmentId: "ful_ord_1", OrderId: "ord_1"}
	first, second := shipped("ord_1", 1, 4), shipped("ord_1", 2, 3)
	services := &fulfillmentv1.ShipmentShipped{Shipment: &fulfillmentv1.Shipment{OrderId: "ord_1", Lines: first.GetShipment().GetLines()[1:]}}
	for i, order := range [][]proto.Message{
		{created, sent, picked, first, short, second, closed, services},
		{first, second, created, picked, short, closed},
		{created, picked, short, closed, second, first},
		{second, created, picked, short, first, closed},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprintf("order %d, together %v", i, together), func(t *testing.T) {
				w := newWorld(t)
				w.stock("A", "N1", "10")
				w.reserve(request("ord_1", 10), request("ord_2", 5))
				if together {
					w.facts(order...)
				} else {
					for _, fact := range order {
						w.facts(fact)
					}
				}
				want := &inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 3, QualityHold: 3, Unverified: 3}
				ignore := protocmp.IgnoreFields(&inventoryv1.Balance{}, "as_of", "version")
				if diff := cmp.Diff(want, w.balance("A", "N1"), protocmp.Transform(), ignore); diff != "" {
					t.Error(diff)
				}
				var consumed int64
				for _, event := range toldOf[*inventoryv1.ReservationConsumed](w) {
					for _, change := range event.GetChanges() {
						consumed += change.GetQuantity()
					}
				}
				if consumed != 7 {
					t.Errorf("%d consumed", consumed)
				}
				if reserved := w.reserved(); len(reserved) > 0 {
					t.Errorf("the phantom was promised: %v", reserved)
				}
			})
		}
	}
}

func TestPickedUntilItIsShippedOrStopped(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	w.reserve(request("ord_1", 6))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 6, 4, 0, 0)})
	if got := w.balance("A", "N1"); got.GetPicked() != 4 || got.GetReserved() != 6 {
		t.Errorf("balance %v", got)
	}
	w.facts(shipped("ord_1", 1, 1))
	if got := w.balance("A", "N1"); got.GetPicked() != 3 || got.GetReserved() != 5 || got.GetOnHand() != 9 {
		t.Errorf("balance %v", got)
	}
	w.facts(&fulfillmentv1.FulfillmentCancelled{Fulfillment: handed("ord_1", 6, 4, 0, 5)})
	if got := w.balance("A", "N1"); got.GetPicked() != 0 || got.GetReserved() != 5 {
		t.Errorf("the order gives its stock back itself: balance %v", got)
	}
	w.cancel(&inventoryv1.ReservationCancellation{Key: "c", OrderId: "ord_1"})
	if got := w.balance("A", "N1"); got.GetAvailable() != 9 {
		t.Errorf("balance %v", got)
	}
}

func TestUnpromisedShipmentRevokesAndOtherPlacesServe(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 5))
	w.stock("A", "N2", "2")
	w.facts(shipped("ord_9", 1, 3))
	revoked := toldOf[*inventoryv1.ReservationRevoked](w)
	if len(revoked) != 1 || revoked[0].GetOrderId() != "ord_1" || revoked[0].GetChanges()[0].GetQuantity() != 3 ||
		revoked[0].GetChanges()[0].GetRemaining() != 2 {
		t.Fatalf("told %v", revoked)
	}
	w.run()
	eventually(t, "N2 serves what was revoked", func() bool { return w.balance("A", "N2").GetReserved() == 2 })
	want := map[reconcile.Key]int64{at("ord_1", 1, "N1"): 2, at("ord_1", 1, "N2"): 2}
	reserved := w.reserved()
	if diff := cmp.Diff(want, reserved); diff != "" {
		t.Error(diff)
	}
}

func TestImpossibleShipmentFreezes(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 2))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 2, 2, 0, 0)})
	w.facts(shipped("ord_9", 1, 7))
	frozen := toldOf[*inventoryv1.StockFrozen](w)
	want := &inventoryv1.StockFrozen{StockKey: "A|N1", Sku: "A", NodeId: "N1", Missing: 4, SourceDocument: "shp_ord_9_1"}
	if diff := cmp.Diff([]*inventoryv1.StockFrozen{want}, frozen, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if got := w.available("A", "N1"); got != "0" {
		t.Errorf("frozen stock is sellable: %s", got)
	}
	if got := w.reserve(request("ord_2", 1))[0].GetReservation().GetLines()[0].GetBackordered(); got != 1 {
		t.Errorf("frozen stock was promised")
	}
	w.check()
	w.stock("A", "N1", "5") // what was found in the count
	balance := w.balance("A", "N1")
	if balance.GetOnHand() != 3 || balance.GetReserved() != 3 {
		t.Errorf("the fact was posted, ord_2 served: balance %v", balance)
	}
}

func (w *world) available(sku, node string) string {
	w.t.Helper()
	reply, err := w.operator.CheckAvailability(w.t.Context(), &inventoryv1.CheckAvailabilityRequest{
		Skus: []string{sku}, NodeIds: []string{node},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(reply.GetAvailability()) != 1 {
		return "none"
	}
	return reply.GetAvailability()[0].GetSellable()
}

// TestFactsOverTheBroker lets another service's relay publish, twice, while buyers go on reserving.
func TestFactsOverTheBroker(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "1000")
	w.run()
	const orders = 40
	for n := range orders {
		w.reserve(request(fmt.Sprintf("ord_%d", n), 2))
	}
	peer := newPeer(t, w)
	for n := range orders {
		order := fmt.Sprintf("ord_%d", n)
		peer.tell(t, "ful_"+order, 1, &fulfillmentv1.FulfillmentCreated{FulfillmentId: "ful_" + order, Fulfillment: handed(order, 2, 0, 0, 0)})
		peer.tell(t, "ful_"+order, 2, &fulfillmentv1.FulfillmentPicked{FulfillmentId: "ful_" + order, Fulfillment: handed(order, 2, 2, 0, 0)})
		event := shipped(order, 1, 2)
		peer.tell(t, event.GetShipmentId(), 1, event)
		w.reserve(request(fmt.Sprintf("late_%d", n), 1))
	}
	eventually(t, "all are shipped", func() bool { return w.balance("A", "N1").GetOnHand() == 1000-2*orders })
	if got := w.balance("A", "N1"); got.GetReserved() != orders || got.GetPicked() != 0 {
		t.Errorf("balance %v", got)
	}
}

// peer is another service with an outbox of its own.
type peer struct{ db *database.DB }

func newPeer(t *testing.T, w *world) *peer {
	t.Helper()
	p := &peer{db: databasetest.New(t, nil)}
	owner := shard.NewOwner(p.db, "peer", shard.Log(quiet))
	background(t, owner.Run)
	background(t, outbox.NewRelay(p.db, w.bus, owner, outbox.Options{Log: quiet, Poll: 20 * time.Millisecond}).Run)
	return p
}

func (p *peer) tell(t *testing.T, aggregate string, sequence int64, event proto.Message) {
	t.Helper()
	ctx := t.Context()
	_, err := database.Tx(ctx, p.db, "tell", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(ctx, tx, outbox.Event{
			Aggregate: aggregate, Sequence: sequence, Shard: shard.Of(aggregate), Payload: event,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
