package rpc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// soon is a bound of the servers in these tests; late is when a test gives up.
const soon, late = 50 * time.Millisecond, 30 * time.Second

// bounded is a server with the bounds of a configuration, and the addresses of its two doors.
func bounded(t *testing.T, config rpc.ServerConfig, own *masterdata) (overGRPC, overConnect string) {
	t.Helper()
	config.StopTimeout = time.Second
	server, err := rpc.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	masterdatav1.RegisterMasterDataServiceServer(server, own)
	open := func(serve func(context.Context, net.Listener) error) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- serve(ctx, listener) }()
		t.Cleanup(func() {
			cancel()
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		})
		return listener.Addr().String()
	}
	overGRPC = open(server.Serve)
	overConnect = open(func(ctx context.Context, on net.Listener) error {
		return server.ServeConnect(ctx, on, masterDataService)
	})
	return overGRPC, overConnect
}

// saying connects and says something.
func saying(t *testing.T, address, said string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(late)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, said); err != nil {
		t.Fatal(err)
	}
	return conn
}

// hungUp waits until the server has closed a connection, and gives what it said before.
func hungUp(t *testing.T, conn net.Conn) string {
	t.Helper()
	heard, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection stays open")
	}
	return string(heard)
}

const requestHeader = "POST " + itemProcedure + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nWaybill-Caller: operator\r\n"

func requestOf(body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", requestHeader, len(body), body)
}

// Whoever connects and does not begin, or stops in the middle of a header, is hung up on at both doors.
func TestSilentClientsAreHungUpOn(t *testing.T) {
	overGRPC, overConnect := bounded(t, rpc.ServerConfig{SilentTime: soon}, &masterdata{})
	for name, client := range map[string]struct{ address, says string }{
		"gRPC": {overGRPC, ""}, "half a preface": {overGRPC, "PRI * HTTP/2.0\r\n"},
		"Connect": {overConnect, ""}, "half a header": {overConnect, requestHeader},
	} {
		t.Run(name, func(t *testing.T) { hungUp(t, saying(t, client.address, client.says)) })
	}
}

// Over Connect a body that does not come in time ends the request, and a connection that is not used any more is closed.
func TestSlowBodiesAndIdleConnectionsOverConnect(t *testing.T) {
	_, slow := bounded(t, rpc.ServerConfig{ReceiveTime: soon}, &masterdata{})
	if heard := hungUp(t, saying(t, slow, requestHeader+"Content-Length: 100\r\n\r\n{")); strings.HasPrefix(heard, "HTTP/1.1 2") {
		t.Errorf("half a body: %s", heard)
	}
	_, idle := bounded(t, rpc.ServerConfig{IdleTime: soon}, &masterdata{})
	conn := saying(t, idle, requestOf(`{"sku":"A"}`))
	if heard := hungUp(t, conn); !strings.HasPrefix(heard, "HTTP/1.1 200 OK") {
		t.Errorf("a request: %s", heard)
	}
}

// What bounds how a request comes does not bound how long it is worked at.
func TestCallsMayTakeLongerThanTheirRequests(t *testing.T) {
	_, address := bounded(t, rpc.ServerConfig{ReceiveTime: soon}, &masterdata{
		getItem: func(ctx context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			long := time.NewTimer(4 * soon) // nothing is to happen meanwhile
			defer long.Stop()
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-long.C:
				return &masterdatav1.GetItemResponse{Item: &masterdatav1.Item{Sku: req.GetSku()}}, nil
			}
		},
	})
	conn := saying(t, address, requestOf(`{"sku":"A"}`))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	second := new(http.Protocols)
	second.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: second}
	t.Cleanup(transport.CloseIdleConnections)
	d := &door{base: "http://" + address, client: &http.Client{Transport: transport}}
	for name, protocol := range protocols() {
		if reply, err := d.call(t.Context(), "operator", "A", protocol); err != nil || reply.GetItem().GetSku() != "A" {
			t.Errorf("%s: %v, %v", name, reply, err)
		}
	}
}
