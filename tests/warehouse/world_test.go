package warehouse_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
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
	"github.com/waybill-dev/waybill/services/connector/wms"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

// world is a fulfilment service and a sandbox warehouse, each with its own database and server. Either can be stopped and
// started again, as a crash would have it.
type world struct {
	t                          testing.TB
	fulfillmentDB, warehouseDB *database.DB
	bus                        *bus.Bus
	fulfillmentAt, warehouseAt string
	client                     fulfillmentv1.FulfillmentServiceClient
	warehouse                  wmsv1.WarehouseServiceClient
	config                     wms.Config
	stopFulfillment            func()
	stopWarehouse              func()
}

func newWorld(t testing.TB, config wms.Config) *world {
	t.Helper()
	return newWorldOn(t, config, databasetest.New(t, fulfillment.Migrations), databasetest.New(t, wms.Migrations))
}

func newWorldOn(t testing.TB, config wms.Config, fulfillmentDB, warehouseDB *database.DB) *world {
	t.Helper()
	w := &world{
		t: t, fulfillmentDB: fulfillmentDB, warehouseDB: warehouseDB, bus: bustest.New(t), config: config,
		fulfillmentAt: freeAddress(t), warehouseAt: freeAddress(t),
	}
	w.client = fulfillmentv1.NewFulfillmentServiceClient(w.dial(w.fulfillmentAt, "order"))
	w.warehouse = wmsv1.NewWarehouseServiceClient(w.dial(w.warehouseAt, "fulfillment"))
	w.startFulfillment()
	w.startWarehouse()
	t.Cleanup(func() { w.stopWarehouse(); w.stopFulfillment() })
	return w
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (w *world) dial(addr, caller string) *grpc.ClientConn {
	w.t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: addr, Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return conn
}

type service interface {
	Register(grpc.ServiceRegistrar)
	Run(context.Context) error
}

// start serves and runs a service until the function that it returns is called.
func (w *world) start(addr string, s service) func() {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Register(server)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(ctx, listener) }()
	go func() { ended <- s.Run(ctx) }()
	return func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				w.t.Errorf("ended with %v", err)
			}
		}
	}
}

func (w *world) startFulfillment() {
	w.t.Helper()
	s, err := fulfillment.New(fulfillment.Deps{
		DB: w.fulfillmentDB, Bus: w.bus, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Warehouses: wmsv1.NewWarehouseServiceClient(w.dial(w.warehouseAt, "fulfillment")),
	}, fulfillment.Config{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.stopFulfillment = w.start(w.fulfillmentAt, s)
}

func (w *world) startWarehouse() {
	w.t.Helper()
	s, err := wms.New(wms.Deps{
		DB: w.warehouseDB, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Fulfillment: fulfillmentv1.NewFulfillmentServiceClient(w.dial(w.fulfillmentAt, "connector-wms")),
	}, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.stopWarehouse = w.start(w.warehouseAt, s)
}

// order makes a request for an order of some lines.
func order(key string, quantities ...int64) *fulfillmentv1.FulfillmentRequest {
	one := &fulfillmentv1.FulfillmentRequest{Key: key, OrderId: "ord_" + key, NodeId: "LEEDS"}
	for i, quantity := range quantities {
		one.Lines = append(one.Lines, &fulfillmentv1.FulfillmentRequestLine{
			LineNumber: int32(i + 1), Sku: fmt.Sprintf("SKU-%d", i+1), Quantity: quantity, BaseUnit: "EA",
		})
	}
	return one
}

// create makes the orders and returns their ids.
func (w *world) create(orders ...*fulfillmentv1.FulfillmentRequest) []string {
	w.t.Helper()
	reply, err := w.client.CreateFulfillment(w.t.Context(), &fulfillmentv1.CreateFulfillmentRequest{Fulfillments: orders})
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, outcome := range reply.GetOutcomes() {
		if outcome.GetRefusal() != nil {
			w.t.Fatalf("refused: %v", outcome.GetRefusal())
		}
		ids = append(ids, outcome.GetFulfillmentId())
	}
	return ids
}

func (w *world) get(id string) *fulfillmentv1.Fulfillment {
	w.t.Helper()
	reply, err := w.client.GetFulfillment(w.t.Context(), &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetFulfillment()
}

// until waits for an order to reach a state and returns it.
func (w *world) until(id string, state fulfillmentv1.FulfillmentState) *fulfillmentv1.Fulfillment {
	w.t.Helper()
	var last *fulfillmentv1.Fulfillment
	w.eventually(fmt.Sprintf("%s is %s", id, state), func() bool {
		last = w.get(id)
		return last.GetState() == state
	})
	return last
}

// eventually waits for a condition that nobody signals.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if holds() {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("never: %s", what)
		}
	}
}

// sound runs the checks of the fulfilment service.
func (w *world) sound() {
	w.t.Helper()
	for _, check := range fulfillment.Checks() {
		breaks, err := check.Run(w.t.Context(), w.fulfillmentDB)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s (%s) is broken: %+v", check.Name, check.Rule, one)
		}
	}
}
