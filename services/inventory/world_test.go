package inventory

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

var quiet = slog.New(slog.DiscardHandler)

// world is the service on a real database and a real broker, called over real gRPC. Its relay, consumers and drains run
// only when the test says so; until then events are handed to their handlers.
type world struct {
	t       testing.TB
	db      *database.DB
	bus     *bus.Bus
	broker  string // its URL
	service *Service
	// order and operator are clients with those names.
	order, operator inventoryv1.InventoryServiceClient
	requests        int
}

// newWorld has two places, N1 before N2, the goods A, B and C, "kg" with three decimal places, and the service FREIGHT.
// Every invariant is checked when the test ends.
func newWorld(t testing.TB, opts ...database.Option) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, Migrations, opts...), broker: bustest.Start(t).URL()}
	w.bus = bustest.Connect(t, w.broker)
	if err := w.bus.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	service, err := New(Deps{DB: w.db, Bus: w.bus, Clock: time.Now, Log: quiet}, Config{ServePoll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w.service = service
	w.order = inventoryv1.NewInventoryServiceClient(w.serve("order"))
	w.operator = inventoryv1.NewInventoryServiceClient(w.serve("operator"))
	w.masterData(
		node("N1", 1, 1, false), node("N2", 1, 2, false), item("A", 0), item("B", 0), item("C", 0), item("kg", 3), lotItem("L"),
		&masterdatav1.ItemChanged{Sku: "freight", Item: &masterdatav1.Item{
			Sku: "FREIGHT", Kind: masterdatav1.ItemKind_ITEM_KIND_SERVICE, BaseUnit: "EA", Version: 1,
		}},
	)
	t.Cleanup(w.check)
	return w
}

func (w *world) serve(caller string) *grpc.ClientConn {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{Log: quiet})
	if err != nil {
		w.t.Fatal(err)
	}
	w.service.Register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	stop := background(w.t, func(ctx context.Context) error { return server.Serve(ctx, listener) })
	w.t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			w.t.Error(err)
		}
		stop()
	})
	return conn
}

// run runs relay, consumers and drains until stop is called or the test ends.
func (w *world) run() (stop func()) { return background(w.t, w.service.Run) }

func background(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// check is every rule over the tables, and that the events on their way have no gaps.
func (w *world) check() {
	var gap string
	err := w.db.Pool().QueryRow(context.WithoutCancel(w.t.Context()), `
SELECT coalesce(string_agg(aggregate, ', '), '') FROM (
	SELECT aggregate FROM outbox GROUP BY aggregate
	HAVING count(DISTINCT sequence) <> count(*) OR max(sequence) - min(sequence) + 1 <> count(*)) AS torn`).Scan(&gap)
	if err != nil || gap != "" {
		w.t.Errorf("sequences of %q, %v", gap, err)
	}
	for _, check := range Checks() {
		breaks, err := check.Run(context.WithoutCancel(w.t.Context()), w.db)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s (%s) is broken: %+v", check.Name, check.Rule, one)
		}
	}
}

func item(sku string, scale int32) proto.Message {
	return &masterdatav1.ItemChanged{Sku: domain.ItemKey(sku), Item: &masterdatav1.Item{
		Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Scale: scale, Version: 1,
	}}
}

func lotItem(sku string) proto.Message {
	return &masterdatav1.ItemChanged{Sku: domain.ItemKey(sku), Item: &masterdatav1.Item{
		Sku: sku, Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Version: 1, LotTracked: true,
	}}
}

func node(id string, version int64, priority int32, inactive bool) proto.Message {
	return &masterdatav1.NodeChanged{NodeId: id, Node: &masterdatav1.Node{
		NodeId: id, Priority: priority, Inactive: inactive, Version: version,
	}}
}

// masterData hands events to the consumer of master data, as one set.
func (w *world) masterData(events ...proto.Message) {
	w.t.Helper()
	w.handle(w.service.onMasterDataChanged, events...)
}

// facts hands events to the consumer of facts, as one set.
func (w *world) facts(events ...proto.Message) {
	w.t.Helper()
	w.handle(w.service.onFulfillmentFacts, events...)
}

func (w *world) handle(handle func(context.Context, database.Transaction, []inbox.Message) error, events ...proto.Message) {
	w.t.Helper()
	batch := make([]inbox.Message, len(events))
	for i, event := range events {
		batch[i] = inbox.Message{Payload: event, OccurredAt: time.Now().UTC()}
	}
	ctx := w.t.Context()
	_, err := database.Tx(ctx, w.db, "test", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, handle(ctx, tx, batch)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// stock adds stock, or takes it away.
func (w *world) stock(sku, node, quantity string) {
	w.t.Helper()
	w.requests++
	_, err := w.operator.AdjustStock(w.t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: fmt.Sprintf("stock %d", w.requests),
		Adjustments: []*inventoryv1.StockAdjustment{{
			Sku: sku, NodeId: node, Quantity: quantity, Reason: "RECEIPT", SourceDocument: "ASN-1",
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// request asks for quantities of A, a line each, and lets wait what is not there.
func request(order string, quantities ...int64) *inventoryv1.ReservationRequest {
	asked := &inventoryv1.ReservationRequest{
		Key: order + "/reserve/1", OrderId: order, ShortagePolicy: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_BACKORDER,
	}
	for i, quantity := range quantities {
		asked.Lines = append(asked.Lines, &inventoryv1.ReservationRequestLine{
			LineNumber: int32(i + 1), Sku: "A", Quantity: quantity,
		})
	}
	return asked
}

func (w *world) reserve(requests ...*inventoryv1.ReservationRequest) []*inventoryv1.ReservationOutcome {
	w.t.Helper()
	reply, err := w.order.Reserve(w.t.Context(), &inventoryv1.ReserveRequest{Reservations: requests})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

func (w *world) cancel(cancellations ...*inventoryv1.ReservationCancellation) []*inventoryv1.ReservationCancellationOutcome {
	w.t.Helper()
	reply, err := w.order.CancelReservation(w.t.Context(), &inventoryv1.CancelReservationRequest{Cancellations: cancellations})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

// at names an order line in a place.
func at(order string, line int32, node string) reconcile.Key {
	return reconcile.Key{Subject: order, Line: line, Node: node}
}

// reserved is what remains promised to order lines in places, as it is compared with the orders.
func (w *world) reserved() map[reconcile.Key]int64 { return w.promised("inventory.reserved") }

// promised is what a figure says of order lines.
func (w *world) promised(figure string) map[reconcile.Key]int64 {
	w.t.Helper()
	reserved := map[reconcile.Key]int64{}
	for _, entry := range reconciletest.Read(w.t, w.db, Figures(), figure) {
		quantity, err := strconv.ParseInt(entry.Value, 10, 64)
		if err != nil {
			w.t.Fatal(err)
		}
		reserved[entry.Key] = quantity
	}
	return reserved
}

// balance is the stock of an item in a place, nil where there is none.
func (w *world) balance(sku, node string) *inventoryv1.Balance {
	w.t.Helper()
	reply, err := w.operator.ListBalances(w.t.Context(), &inventoryv1.ListBalancesRequest{Skus: []string{sku}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, balance := range reply.GetBalances() {
		if balance.GetNodeId() == node {
			return balance
		}
	}
	return nil
}

// told are the events in the outbox, by aggregate and sequence. The relay must not run.
func (w *world) told() []proto.Message {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), `SELECT envelope FROM outbox ORDER BY id`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var told []proto.Message
	for rows.Next() {
		var envelope []byte
		if err := rows.Scan(&envelope); err != nil {
			w.t.Fatal(err)
		}
		event, err := bus.ParseEnvelope(envelope)
		if err != nil {
			w.t.Fatal(err)
		}
		payload, err := event.Payload()
		if err != nil {
			w.t.Fatal(err)
		}
		told = append(told, payload)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return told
}

// toldOf are the events of one type.
func toldOf[T proto.Message](w *world) []T {
	w.t.Helper()
	var found []T
	for _, event := range w.told() {
		if one, ok := event.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
