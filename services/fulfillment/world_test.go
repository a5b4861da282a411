package fulfillment_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// world is the service on a real database and broker, with a fake warehouse that it reaches over real gRPC.
type world struct {
	t         testing.TB
	db        *database.DB
	bus       *bus.Bus
	warehouse *fakeWarehouse
	config    fulfillment.Config
	// idle: calls are answered, and nothing is done of itself.
	idle bool
	// client calls as the order service, reports as the connector, anyone as the gateway.
	client, reports fulfillmentv1.FulfillmentServiceClient
	service         *fulfillment.Service
	stop            func()
}

func newWorld(t testing.TB, choices ...func(*world)) *world {
	t.Helper()
	w := &world{
		t: t, db: databasetest.New(t, fulfillment.Migrations), bus: bustest.New(t), warehouse: newFakeWarehouse(),
		config: fulfillment.Config{Dispatch: fulfillment.DispatchConfig{
			Poll: 20 * time.Millisecond, FirstDelay: 5 * time.Millisecond, MaxDelay: 20 * time.Millisecond,
		}},
	}
	for _, choose := range choices {
		choose(w)
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// idle is a world that answers and does nothing of itself until it is restarted.
func idle(w *world) { w.idle = true }

// restart stops the service and makes another one that works on what is stored.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.idle = false
	w.start()
}

// start makes a service on what is stored and runs it.
func (w *world) start() {
	w.t.Helper()
	warehouses, closeWarehouses := w.serve("fulfillment", func(on grpc.ServiceRegistrar) {
		wmsv1.RegisterWarehouseServiceServer(on, w.warehouse)
	})
	var err error
	w.service, err = fulfillment.New(fulfillment.Deps{
		DB: w.db, Bus: w.bus, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Warehouses: wmsv1.NewWarehouseServiceClient(warehouses),
	}, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	orders, closeOrders := w.serve("order", w.service.Register)
	w.client = fulfillmentv1.NewFulfillmentServiceClient(orders)
	connectors, closeConnectors := w.serve("connector-wms", w.service.Register)
	w.reports = fulfillmentv1.NewFulfillmentServiceClient(connectors)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		if w.idle {
			done <- nil
			return
		}
		done <- w.service.Run(ctx)
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		closeOrders()
		closeConnectors()
		closeWarehouses()
	})
}

// serve runs a server and connects to it as a caller; both end with the function that it returns.
func (w *world) serve(caller string, register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	return conn, func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	}
}

// fakeWarehouse takes down what it is told.
type fakeWarehouse struct {
	wmsv1.UnimplementedWarehouseServiceServer
	mu        sync.Mutex
	sent      map[string][]*fulfillmentv1.Fulfillment
	cancelled map[string]int
	// sizes are the numbers of orders in the calls so far.
	sizes []int
	// send and cancel stand in for the answers when they are set.
	send   func(*wmsv1.SendFulfillmentsRequest) (*wmsv1.SendFulfillmentsResponse, error)
	cancel func() error
}

func newFakeWarehouse() *fakeWarehouse {
	return &fakeWarehouse{sent: map[string][]*fulfillmentv1.Fulfillment{}, cancelled: map[string]int{}}
}

// behave changes how it answers.
func (f *fakeWarehouse) behave(change func(*fakeWarehouse)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeWarehouse) SendFulfillments(
	_ context.Context, req *wmsv1.SendFulfillmentsRequest,
) (*wmsv1.SendFulfillmentsResponse, error) {
	f.mu.Lock()
	f.sizes = append(f.sizes, len(req.GetFulfillments()))
	send := f.send
	f.mu.Unlock()
	reply := &wmsv1.SendFulfillmentsResponse{Outcomes: make([]*wmsv1.SendOutcome, len(req.GetFulfillments()))}
	for i := range reply.Outcomes {
		reply.Outcomes[i] = &wmsv1.SendOutcome{}
	}
	if send != nil {
		var err error
		if reply, err = send(req); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range req.GetFulfillments() {
		f.sent[one.GetFulfillmentId()] = append(f.sent[one.GetFulfillmentId()], one)
	}
	return reply, nil
}

func (f *fakeWarehouse) RequestCancellations(
	_ context.Context, req *wmsv1.RequestCancellationsRequest,
) (*wmsv1.RequestCancellationsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cancel != nil {
		if err := f.cancel(); err != nil {
			return nil, err
		}
	}
	for _, one := range req.GetFulfillmentIds() {
		f.cancelled[one]++
	}
	return &wmsv1.RequestCancellationsResponse{}, nil
}

// calls are the numbers of orders in the calls so far.
func (f *fakeWarehouse) calls() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sizes)
}

func (f *fakeWarehouse) timesSent(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sent[id])
}

func (f *fakeWarehouse) timesCancelled(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelled[id]
}

// order makes a request for an order of goods; negative quantities are services.
func order(key string, quantities ...int64) *fulfillmentv1.FulfillmentRequest {
	one := &fulfillmentv1.FulfillmentRequest{Key: key, OrderId: "ord_" + key, NodeId: "LEEDS", PartnerId: "acme"}
	for i, quantity := range quantities {
		one.Lines = append(one.Lines, &fulfillmentv1.FulfillmentRequestLine{
			LineNumber: int32(i + 1), Sku: fmt.Sprintf("SKU-%d", i+1), Quantity: max(quantity, -quantity), BaseUnit: "EA",
			Service: quantity < 0,
		})
	}
	return one
}

func (w *world) createAll(orders ...*fulfillmentv1.FulfillmentRequest) []*fulfillmentv1.FulfillmentOutcome {
	w.t.Helper()
	reply, err := w.client.CreateFulfillment(w.t.Context(), &fulfillmentv1.CreateFulfillmentRequest{Fulfillments: orders})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

// create makes one order, which must not be refused.
func (w *world) create(one *fulfillmentv1.FulfillmentRequest) string {
	w.t.Helper()
	outcome := w.createAll(one)[0]
	if outcome.GetRefusal() != nil {
		w.t.Fatalf("refused: %v", outcome.GetRefusal())
	}
	return outcome.GetFulfillmentId()
}

// sent makes one order and waits until the warehouse has it.
func (w *world) sent(one *fulfillmentv1.FulfillmentRequest) string {
	w.t.Helper()
	id := w.create(one)
	w.until(id, fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_SENT)
	return id
}

func (w *world) cancel(key string) fulfillmentv1.FulfillmentState {
	w.t.Helper()
	reply, err := w.client.CancelFulfillment(w.t.Context(), &fulfillmentv1.CancelFulfillmentRequest{
		Cancellations: []*fulfillmentv1.FulfillmentCancellation{{Key: key, Reason: "changed my mind"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetStates()[0]
}

func (w *world) answer(id string, accepted bool) {
	w.t.Helper()
	reply, err := w.reports.RecordCancellation(w.t.Context(), &fulfillmentv1.RecordCancellationRequest{
		Reports: []*fulfillmentv1.CancellationReport{{FulfillmentId: id, Accepted: accepted, Reason: "PICKED"}},
	})
	if err != nil || reply.GetOutcomes()[0].GetRefusal() != nil {
		w.t.Fatalf("answer: %v, %v", reply, err)
	}
}

func shipment(id, number string, quantities ...int64) *fulfillmentv1.ShipmentReport {
	report := &fulfillmentv1.ShipmentReport{FulfillmentId: id, WarehouseShipmentId: number}
	for i, quantity := range quantities {
		if quantity > 0 {
			report.Lines = append(report.Lines, &fulfillmentv1.ShipmentReportLine{LineNumber: int32(i + 1), Quantity: quantity})
		}
	}
	return report
}

func (w *world) ship(reports ...*fulfillmentv1.ShipmentReport) []*fulfillmentv1.ShipmentOutcome {
	w.t.Helper()
	reply, err := w.reports.RecordShipment(w.t.Context(), &fulfillmentv1.RecordShipmentRequest{Shipments: reports})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()
}

func (w *world) get(id string) *fulfillmentv1.Fulfillment {
	w.t.Helper()
	reply, err := w.client.GetFulfillment(w.t.Context(), &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetFulfillment()
}

// until waits for an order to reach a state.
func (w *world) until(id string, state fulfillmentv1.FulfillmentState) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%s is %s", id, state), func() bool { return w.get(id).GetState() == state })
}

// eventually waits for a condition that nobody signals.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("never: %s", what)
		}
	}
}

// queued is how many rows wait in the dispatch queue.
func (w *world) queued() int {
	w.t.Helper()
	var rows int
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM dispatch").Scan(&rows); err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// sound runs the service's checks.
func (w *world) sound() {
	w.t.Helper()
	for _, check := range fulfillment.Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s (%s) is broken: %+v", check.Name, check.Rule, one)
		}
	}
}

// told waits for n events and gives the short names of each aggregate's, in order; sequences must be gapless.
func (w *world) told(n int) map[string][]string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	kinds := []string{"fulfillment.fulfillment", "fulfillment.shipment"}
	streams, err := w.bus.Streams(kinds)
	if err != nil || len(streams) != 1 {
		w.t.Fatalf("streams %v, %v", streams, err)
	}
	stream := slices.Collect(maps.Keys(streams))[0]
	events := make(chan bus.Event)
	var group sync.WaitGroup
	for number := range int32(shard.Count) {
		pull, err := w.bus.Pull(ctx, bus.PullConfig{
			Stream: stream, Durable: strings.NewReplacer("/", "-", ".", "-").Replace(w.t.Name()), Shard: number, Kinds: kinds,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		defer pull.Stop()
		group.Go(func() {
			for {
				delivery, err := pull.Next(ctx)
				if err != nil {
					return
				}
				delivery.Ack()
				select {
				case events <- delivery.Event:
				case <-ctx.Done():
				}
			}
		})
	}
	defer group.Wait()
	defer cancel()
	told, last := map[string][]string{}, map[string]int64{}
	for range n {
		select {
		case event := <-events:
			if last[event.Aggregate]++; event.Sequence != last[event.Aggregate] {
				w.t.Errorf("%s has sequence %d, want %d", event.Type, event.Sequence, last[event.Aggregate])
			}
			if !strings.HasPrefix(event.CorrelationID, "ord_") {
				w.t.Errorf("%s is tied to %q, want the sales order", event.Type, event.CorrelationID)
			}
			parts := strings.Split(event.Type, ".")
			told[event.Aggregate] = append(told[event.Aggregate], parts[len(parts)-2])
		case <-ctx.Done():
			w.t.Fatalf("only %v of %d events came", told, n)
		}
	}
	return told
}
