package order

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// mesh is the other services' end of a real broker: it publishes what the fake peers tell, and listens to the orders.
type mesh struct {
	db        *database.DB
	sequences map[string]int64

	mu    sync.Mutex
	heard []string // "<order> <type>", in order
}

func (w *world) connect() *mesh {
	w.t.Helper()
	w.bus = bustest.New(w.t)
	m := &mesh{db: databasetest.New(w.t, nil), sequences: map[string]int64{}}
	owner := shard.NewOwner(m.db, "mesh")
	log := slog.New(slog.DiscardHandler)
	relay := outbox.NewRelay(m.db, w.bus, owner, outbox.Options{Log: log})
	consumer := inbox.NewConsumer(m.db, w.bus, owner, inbox.Subscription{
		Consumer: "mesh-orders", Aggregates: []string{"order.order"}, Effects: inbox.StayInside,
		Handle: func(_ context.Context, tx database.Transaction, batch []inbox.Message) error {
			tx.Notify("heard")
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, message := range batch {
				m.heard = append(m.heard, message.Aggregate+" "+strings.TrimSuffix(strings.TrimPrefix(message.Type, "waybill.order.order."), ".v1"))
			}
			return nil
		},
	}, inbox.Options{Log: log})
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var group sync.WaitGroup
	for _, run := range []func(context.Context) error{owner.Run, relay.Run, consumer.Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				w.t.Error(err)
			}
		})
	}
	w.t.Cleanup(func() { cancel(); group.Wait() })
	w.restart(nil)
	return m
}

// publish sends what the fake peers have told.
func (w *world) publish(m *mesh) {
	w.t.Helper()
	var list []outbox.Event
	for {
		one, ok := w.events.take(func(int) int { return 0 })
		if !ok {
			break
		}
		m.sequences[one.aggregate]++
		list = append(list, outbox.Event{
			Aggregate: one.aggregate, Sequence: m.sequences[one.aggregate], Shard: shard.Of(one.aggregate), Payload: one.payload,
		})
	}
	_, err := database.Tx(w.t.Context(), m.db, "publish", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(w.t.Context(), tx, list...)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// The whole path with real events: over the outbox, the broker and the inbox, in both directions.
func TestOverTheBroker(t *testing.T) {
	w := newWorld(t)
	m := w.connect()
	w.events.add("NEW-ITEM", &masterdatav1.ItemChanged{Sku: "NEW-ITEM", Item: &masterdatav1.Item{
		Sku: "NEW-ITEM", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", TaxClass: "standard", Version: 1,
	}})
	w.events.add("BASE|GBP|NEW-ITEM", &masterdatav1.PriceChanged{PriceKey: "BASE|GBP|NEW-ITEM", Price: &masterdatav1.Price{
		PriceList: "BASE", Sku: "NEW-ITEM", CurrencyCode: "GBP", UnitPrice: "1", Version: 1,
	}})
	w.publish(m)
	w.eventually("the new item is known", func() bool {
		return w.count(`SELECT count(*) FROM item AS i, price AS p WHERE i.sku_key = 'new-item' AND p.sku_key = 'new-item'`) == 1
	})
	w.inventory.AddStock("NEW-ITEM", "LEEDS", 3)
	order := w.submit(request(want{"NEW-ITEM", 5}, want{"FREIGHT", 1}))
	w.eventually("it is handed over", func() bool { return len(w.handedOver()) == 1 })
	w.shipAll()
	w.inventory.AddStock("NEW-ITEM", "YORK", 2)
	w.publish(m)
	w.eventually("the rest is handed over", func() bool { return len(w.handedOver()) == 2 })
	w.shipAll()
	w.publish(m)
	w.eventually("it is invoiced", func() bool {
		return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_INVOICED
	})
	w.verify()
	want := []string{"received", "accepted", "line_backordered", "line_allocated", "completed"}
	late := time.After(20 * time.Second)
	wake, stop := m.db.Listen("heard")
	defer stop()
	for !slices.Equal(m.types(order.GetOrderId()), want) {
		select {
		case <-wake:
		case <-late:
			t.Fatalf("told %v, want %v", m.types(order.GetOrderId()), want)
		}
	}
}

// types are the events of an order in the order in which they were heard. A transaction that runs twice is heard twice.
func (m *mesh) types(order string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var types []string
	for _, one := range m.heard {
		if name, kind, _ := strings.Cut(one, " "); name == order && !slices.Contains(types, kind) {
			types = append(types, kind)
		}
	}
	return types
}

// handedOver are the orders to warehouses.
func (w *world) handedOver() []*fakeFulfilment {
	w.fulfillment.mu.Lock()
	defer w.fulfillment.mu.Unlock()
	return slices.Clone(w.fulfillment.orders)
}
