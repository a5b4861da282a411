package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// masterdata answers GetItem, and by default names the item that was asked for.
type masterdata struct {
	masterdatav1.UnimplementedMasterDataServiceServer
	getItem func(ctx context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error)
}

func (m *masterdata) GetItem(ctx context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
	if m.getItem != nil {
		return m.getItem(ctx, req)
	}
	return &masterdatav1.GetItemResponse{Item: &masterdatav1.Item{Sku: req.GetSku()}}, nil
}

func (m *masterdata) UpsertItems(context.Context, *masterdatav1.UpsertItemsRequest) (*masterdatav1.UpsertItemsResponse, error) {
	return &masterdatav1.UpsertItemsResponse{}, nil
}

// inventory answers WatchAvailability, Reserve and CheckMasterData.
type inventory struct {
	inventoryv1.UnimplementedInventoryServiceServer
	watch func(*inventoryv1.WatchAvailabilityRequest, grpc.ServerStreamingServer[inventoryv1.WatchAvailabilityResponse]) error
}

func (i *inventory) WatchAvailability(
	req *inventoryv1.WatchAvailabilityRequest, stream grpc.ServerStreamingServer[inventoryv1.WatchAvailabilityResponse],
) error {
	return i.watch(req, stream)
}

func (i *inventory) Reserve(context.Context, *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	return &inventoryv1.ReserveResponse{}, nil
}

func (i *inventory) CheckMasterData(
	context.Context, *inventoryv1.CheckMasterDataRequest,
) (*inventoryv1.CheckMasterDataResponse, error) {
	return &inventoryv1.CheckMasterDataResponse{}, nil
}

// running is a server under test.
type running struct {
	addr     string
	log      *logBuffer
	registry *prometheus.Registry
	server   *rpc.Server
	stop     context.CancelFunc
	stopped  chan error
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve starts a server with the services and stops it at the end of the test. Everything is logged.
func serve(tb testing.TB, tls *rpc.TLS, register ...func(grpc.ServiceRegistrar)) *running {
	tb.Helper()
	return serveLogging(tb, slog.LevelDebug, tls, register...)
}

func serveLogging(tb testing.TB, level slog.Level, tls *rpc.TLS, register ...func(grpc.ServiceRegistrar)) *running {
	tb.Helper()
	r := &running{log: &logBuffer{}, registry: prometheus.NewRegistry(), stopped: make(chan error, 1)}
	var err error
	r.server, err = rpc.NewServer(rpc.ServerConfig{
		TLS:         tls,
		Log:         slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: level})),
		Registerer:  r.registry,
		StopTimeout: 10 * time.Second,
	})
	if err != nil {
		tb.Fatal(err)
	}
	for _, one := range register {
		one(r.server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	r.addr = listener.Addr().String()
	ctx, cancel := context.WithCancel(tb.Context())
	r.stop = cancel
	go func() { r.stopped <- r.server.Serve(ctx, listener) }()
	tb.Cleanup(func() {
		cancel()
		select {
		case err, open := <-r.stopped:
			if open && err != nil {
				tb.Errorf("Serve: %v", err)
			}
		case <-time.After(20 * time.Second):
			tb.Error("the server does not stop")
		}
	})
	return r
}

// wait stops the server and gives what Serve returned.
func (r *running) wait() error {
	r.stop()
	err := <-r.stopped
	close(r.stopped)
	return err
}

func withMasterdata(m *masterdata) func(grpc.ServiceRegistrar) {
	return func(on grpc.ServiceRegistrar) { masterdatav1.RegisterMasterDataServiceServer(on, m) }
}

func withInventory(i *inventory) func(grpc.ServiceRegistrar) {
	return func(on grpc.ServiceRegistrar) { inventoryv1.RegisterInventoryServiceServer(on, i) }
}

// dial connects as a caller and hangs up at the end of the test.
func (r *running) dial(tb testing.TB, caller string) *grpc.ClientConn {
	tb.Helper()
	return dial(tb, rpc.ClientConfig{Addr: r.addr, Caller: caller})
}

func dial(tb testing.TB, config rpc.ClientConfig) *grpc.ClientConn {
	tb.Helper()
	conn, err := rpc.Dial(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
	})
	return conn
}

// asPartner is a context in which the gateway acts for a partner.
func asPartner(tb testing.TB, scopes ...string) context.Context {
	tb.Helper()
	return rpc.WithIdentity(tb.Context(), rpc.Identity{Principal: "key:1", Partner: "acme", Scopes: scopes})
}
