package fulfillment_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
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
