package rpc_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestAServerDoesNotStartWithAnRPCWithoutPolicy(t *testing.T) {
	for _, desc := range []*grpc.ServiceDesc{
		{ServiceName: "waybill.nothing.v1.NothingService", Methods: []grpc.MethodDesc{{MethodName: "DoNothing"}}},
		{ServiceName: "grpc.reflection.v1.ServerReflection", Streams: []grpc.StreamDesc{{StreamName: "ServerReflectionInfo"}}},
	} {
		server, err := rpc.NewServer(rpc.ServerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		desc.HandlerType = (*any)(nil)
		server.RegisterService(desc, struct{}{})
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "policy") {
			t.Errorf("%s: %v, want that the policy is missing", desc.ServiceName, err)
		}
		if _, err := listener.Accept(); err == nil {
			t.Error("the listener is left open")
		}
	}
}

func TestPlainTextStaysOnTheMachine(t *testing.T) {
	server, err := rpc.NewServer(rpc.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "plain text") {
		t.Errorf("Serve on all addresses: %v", err)
	}
	for _, target := range []string{"10.1.2.3:80", "dns:///order:7101", "order:7101", "0.0.0.0:80", "[::]:80", "dns://127.0.0.1/order:80", "127.0.0.1", ""} {
		if _, err := rpc.Dial(rpc.ClientConfig{Addr: target, Caller: "order"}); err == nil || !strings.Contains(err.Error(), "plain text") {
			t.Errorf("Dial(%q): %v", target, err)
		}
	}
	for _, target := range []string{"127.0.0.1:80", "dns:///localhost:80", "[::1]:80", "unix:///tmp/s", "unix:s"} {
		dial(t, rpc.ClientConfig{Addr: target, Caller: "order"})
	}
	if _, err := rpc.Dial(rpc.ClientConfig{Addr: "127.0.0.1:80"}); err == nil {
		t.Error("a client without a name is made")
	}
}

func TestAUnixSocket(t *testing.T) {
	server, err := rpc.NewServer(rpc.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	withMasterdata(&masterdata{})(server)
	path := t.TempDir() + "/s"
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(ctx, listener) }()
	if err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: "unix://" + path, Caller: "operator"})); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestCallsUnderWayEndBeforeTheServerDoes(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			close(entered)
			<-leave
			return &masterdatav1.GetItemResponse{}, ctx.Err()
		},
	}))
	conn := server.dial(t, "operator")
	done := make(chan error, 1)
	go func() { done <- getItem(t.Context(), conn) }()
	<-entered
	server.stop()
	eventually(t, "new calls are refused", func() bool {
		other := dial(t, rpc.ClientConfig{Addr: server.addr, Caller: "billing"})
		return fault.KindOf(getItem(t.Context(), other)) == fault.Unavailable
	})
	close(leave)
	if err := <-done; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if err := server.wait(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestAListenerThatFails(t *testing.T) {
	server, err := rpc.NewServer(rpc.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(t.Context(), listener); err == nil {
		t.Error("Serve on a closed listener gives no error")
	}
}

// eventually waits for a condition that no signal tells.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline, tick := time.After(10*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}
