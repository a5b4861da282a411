package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

const (
	masterDataService = "waybill.masterdata.v1.MasterDataService"
	itemProcedure     = "/" + masterDataService + "/GetItem"
)

// door is a Connect door of a server under test.
type door struct {
	*running
	base   string
	client *http.Client
}

func openDoor(t *testing.T, own *masterdata) *door {
	t.Helper()
	r := serve(t, nil, func(on grpc.ServiceRegistrar) { masterdatav1.RegisterMasterDataServiceServer(on, own) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.server.ServeConnect(ctx, listener, masterDataService) }()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return &door{r, "http://" + listener.Addr().String(), &http.Client{Transport: transport}}
}

// call asks for an item over a protocol as a service.
func (d *door) call(ctx context.Context, caller, sku string, protocol connecthttp.Option) (*masterdatav1.GetItemResponse, error) {
	calls := connect.NewClient(connecthttp.NewTransport(d.client, d.base, protocol))
	ctx, info := connect.NewClientContext(ctx)
	if caller != "" {
		info.RequestHeader().Set("waybill-caller", caller)
	}
	reply := &masterdatav1.GetItemResponse{}
	err := calls.CallUnary(ctx, connect.Spec{Procedure: itemProcedure}, &masterdatav1.GetItemRequest{Sku: sku}, reply)
	return reply, err
}

func protocols() map[string]connecthttp.Option {
	return map[string]connecthttp.Option{
		"connect": connecthttp.WithProtoJSON(), "grpc": connecthttp.WithGRPC(), "grpc-web": connecthttp.WithGRPCWeb(),
	}
}

func TestConnectServesTheSameHandler(t *testing.T) {
	identities := make(chan rpc.Identity, 1)
	d := openDoor(t, &masterdata{getItem: func(ctx context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Minute {
			t.Errorf("deadline %v, %v: the policy's was expected", deadline, ok)
		}
		identities <- rpc.IdentityFrom(ctx)
		return &masterdatav1.GetItemResponse{Item: &masterdatav1.Item{Sku: req.GetSku()}}, nil
	}})
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			reply, err := d.call(t.Context(), "operator", "A", protocol)
			if err != nil || reply.GetItem().GetSku() != "A" {
				t.Fatalf("got %v, %v", reply, err)
			}
			if who := <-identities; who.Service != "operator" || who.Principal != "service:operator" {
				t.Errorf("the handler saw %+v", who)
			}
		})
	}
}

func TestConnectKeepsThePolicy(t *testing.T) {
	d := openDoor(t, &masterdata{getItem: func(context.Context, *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
		return nil, fault.New(fault.Exhausted, "TOO_MANY", "later").WithRetryAfter(3*time.Second).WithMeta("limit", "7")
	}})
	for name, protocol := range protocols() {
		for _, want := range []struct {
			caller, sku, reason string
			code                connect.Code
		}{
			{"", "A", "CALLER_UNKNOWN", connect.CodeUnauthenticated},
			{"stranger", "A", "CALLER_NOT_ALLOWED", connect.CodePermissionDenied},
			{"gateway", "A", "SCOPE_MISSING", connect.CodePermissionDenied},
			{"operator", "", "INVALID_REQUEST", connect.CodeInvalidArgument},
			{"operator", "A", "TOO_MANY", connect.CodeResourceExhausted},
		} {
			t.Run(name+" "+want.reason, func(t *testing.T) {
				_, err := d.call(t.Context(), want.caller, want.sku, protocol)
				if connect.CodeOf(err) != want.code {
					t.Fatalf("%v, want %v", err, want.code)
				}
				if got := reasonIn(t, err); got != want.reason {
					t.Errorf("reason %q in %v", got, err)
				}
			})
		}
	}
}

// reasonIn is the reason in the ErrorInfo of an error.
func reasonIn(t *testing.T, err error) string {
	t.Helper()
	failure, ok := errors.AsType[*connect.Error](err)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	for _, detail := range failure.Details() {
		message, err := connectproto.UnmarshalErrorDetail(detail)
		if err != nil {
			t.Fatal(err)
		}
		if info, ok := message.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// What curl would send.
func TestConnectTakesPlainJSON(t *testing.T) {
	d := openDoor(t, &masterdata{})
	post := func(host, sent string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.base+itemProcedure, strings.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("waybill-caller", "operator")
		if host != "" {
			request.Host = host
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	status, body := post("", `{"sku":"A"}`)
	var got struct{ Item struct{ Sku string } }
	if err := json.NewDecoder(bytes.NewBufferString(body)).Decode(&got); err != nil || status != http.StatusOK || got.Item.Sku != "A" {
		t.Errorf("%d %s (%v)", status, body, err)
	}
	// A page that had its own name point here.
	if status, body := post("evil.example", `{"sku":"A"}`); status != http.StatusForbidden {
		t.Errorf("a foreign name got %d %s", status, body)
	}
	// A slip of the pen must not be read as nothing said.
	if status, body := post("", `{"sku":"A","seeAlso":"B"}`); status != http.StatusBadRequest || !strings.Contains(body, "seeAlso") {
		t.Errorf("an unknown field got %d %s", status, body)
	}
}

func TestConnectRefusesToStart(t *testing.T) {
	r := serve(t, nil, func(on grpc.ServiceRegistrar) { masterdatav1.RegisterMasterDataServiceServer(on, &masterdata{}) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.server.ServeConnect(t.Context(), listener, "waybill.unknown.v1.Service"); err == nil || !strings.Contains(err.Error(), "not registered") {
		t.Errorf("a service that is not there: %v", err)
	}
}
