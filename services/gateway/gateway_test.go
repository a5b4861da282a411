package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/gateway"
)

// orders is an order service that remembers what it was asked.
type orders struct {
	orderv1.UnimplementedOrderServiceServer
	submitted chan *orderv1.SubmitOrderRequest
	callers   chan rpc.Identity
	refuse    error
	// entered and gate, where they are set, tell that a call has come and hold it up.
	entered, gate chan struct{}
	// listed is what a list of orders gives.
	listed *orderv1.ListOrdersResponse
}

func (o *orders) SubmitOrder(ctx context.Context, req *orderv1.SubmitOrderRequest) (*orderv1.SubmitOrderResponse, error) {
	if o.refuse != nil {
		return nil, o.refuse
	}
	if o.gate != nil {
		o.entered <- struct{}{}
		select {
		case <-o.gate:
		case <-ctx.Done():
		}
		return &orderv1.SubmitOrderResponse{}, nil
	}
	o.submitted <- req
	o.callers <- rpc.IdentityFrom(ctx)
	return &orderv1.SubmitOrderResponse{Order: &orderv1.Order{OrderId: "ord_1"}}, nil
}

func (o *orders) ListOrders(context.Context, *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	if o.listed != nil {
		return o.listed, nil
	}
	return &orderv1.ListOrdersResponse{}, nil
}

// stock is an inventory whose streams about the item HELD have no end, and those about FLOOD tell as much as somebody takes.
type stock struct {
	inventoryv1.UnimplementedInventoryServiceServer
}

func (stock) WatchAvailability(request *inventoryv1.WatchAvailabilityRequest, stream grpc.ServerStreamingServer[inventoryv1.WatchAvailabilityResponse]) error {
	if request.GetSkus()[0] == "NOPE" {
		return fault.New(fault.Invalid, "UNKNOWN_ITEM", "no such item").WithField("skus[0]", "UNKNOWN_ITEM", "there is no such item")
	}
	err := stream.Send(&inventoryv1.WatchAvailabilityResponse{Availability: &inventoryv1.Availability{Sku: "A", Sellable: "7"}})
	switch request.GetSkus()[0] {
	case "HELD":
		<-stream.Context().Done()
	case "FLOOD":
		for err == nil {
			err = stream.Send(&inventoryv1.WatchAvailabilityResponse{Availability: &inventoryv1.Availability{Sku: strings.Repeat("x", 1<<20)}})
		}
	}
	return err
}

// open starts a gateway before the fake services and returns its address.
func open(t *testing.T, o *orders) string {
	t.Helper()
	return openWith(t, o, gateway.DefaultConfig())
}

func openWith(t *testing.T, o *orders, config gateway.Config) string {
	t.Helper()
	o.submitted, o.callers = make(chan *orderv1.SubmitOrderRequest, 1), make(chan rpc.Identity, 1)
	server, err := rpc.NewServer(rpc.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	orderv1.RegisterOrderServiceServer(server, o)
	inventoryv1.RegisterInventoryServiceServer(server, stock{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: rpc.Gateway}, gateway.DialOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := gateway.New(ctx, gateway.Connections{Order: conn, Inventory: conn, Fulfillment: conn, Billing: conn, MasterData: conn, Operations: conn}, config)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(handler)
	t.Cleanup(func() {
		front.Close()
		_ = conn.Close()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return front.URL
}

const good = `{"requestId":"r1","externalOrderId":"PO-1","accountId":"ACME","currencyCode":"GBP","lines":[{"sku":"A","quantity":{"value":"2"}}]}`

type answer struct {
	Status                     int
	ContentType, Reason, Path  string
	Title, Detail, FieldReason string
	RetryAfter                 string
}

func call(t *testing.T, method, url, body string, headers ...string) (answer, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var problem struct {
		Title, Detail, Reason string
		Errors                []struct{ Path, Reason string }
	}
	_ = json.Unmarshal(text, &problem) // not every answer is a problem
	got := answer{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Reason: problem.Reason,
		Title: problem.Title, Detail: problem.Detail, RetryAfter: response.Header.Get("Retry-After")}
	if len(problem.Errors) > 0 {
		got.Path, got.FieldReason = problem.Errors[0].Path, problem.Errors[0].Reason
	}
	return got, string(text)
}

func TestSubmitCarriesKeyAndCaller(t *testing.T) {
	o := &orders{}
	base := open(t, o)
	body := strings.Replace(good, `"requestId":"r1",`, "", 1)
	if got, text := call(t, "POST", base+"/v1/orders", body, "Idempotency-Key", "k-1"); got.Status != 200 {
		t.Fatalf("%d %s", got.Status, text)
	}
	if req := <-o.submitted; req.GetRequestId() != "k-1" {
		t.Errorf("request id %q", req.GetRequestId())
	}
	if caller := <-o.callers; caller.Principal != "local" || caller.Service != "gateway" || !caller.Allows("orders.agreed_price") {
		t.Errorf("caller %+v", caller)
	}
	got, _ := call(t, "POST", base+"/v1/orders", good, "Idempotency-Key", "another")
	if got.Status != 400 || got.Reason != "REQUEST_ID_MISMATCH" || got.Path != "requestId" {
		t.Errorf("header and body differ: %+v", got)
	}
}

func TestProblems(t *testing.T) {
	large := `{"requestId":"` + strings.Repeat("x", 5<<20) + `"}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		reason, field      string
	}{
		"malformed JSON":     {"POST", "/v1/orders", `{"requestId":`, 400, "MALFORMED_REQUEST", ""},
		"unknown field":      {"POST", "/v1/orders", `{"requestId":"r","colour":"red"}`, 400, "UNKNOWN_FIELD", "colour"},
		"wrong type":         {"POST", "/v1/orders", `{"requestId":7}`, 400, "MALFORMED_REQUEST", "requestId"},
		"large body":         {"POST", "/v1/orders", large, 413, "BODY_TOO_LARGE", ""},
		"rules":              {"POST", "/v1/orders", strings.Replace(good, `"GBP"`, `"pounds"`, 1), 400, "", "currencyCode"},
		"unknown parameter":  {"GET", "/v1/orders?colour=red", "", 400, "UNKNOWN_PARAMETER", "colour"},
		"parameter's field":  {"GET", "/v1/orders?filter.colour=red", "", 400, "UNKNOWN_PARAMETER", "filter.colour"},
		"parameter's value":  {"GET", "/v1/orders?pageSize=many", "", 400, "MALFORMED_REQUEST", "pageSize"},
		"no such address":    {"GET", "/v1/nonsense", "", 404, "NO_SUCH_ADDRESS", ""},
		"outside":            {"GET", "/nonsense", "", 404, "NO_SUCH_ADDRESS", ""},
		"no such method":     {"DELETE", "/v1/orders", "", 405, "METHOD_NOT_ALLOWED", ""},
		"rpc not served yet": {"GET", "/v1/items", "", 500, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, text := call(t, c.method, open(t, &orders{})+c.path, c.body)
			if got.Status != c.status || got.ContentType != "application/problem+json" || got.Path != c.field {
				t.Errorf("%+v\n%.300s", got, text)
			}
			if c.reason != "" && got.Reason != c.reason || got.Reason == "" || got.Title == "" {
				t.Errorf("reason %q, title %q", got.Reason, got.Title)
			}
		})
	}
}

func TestFaultBecomesProblem(t *testing.T) {
	o := &orders{refuse: fault.New(fault.Exhausted, "QUEUE_FULL", "too many orders wait").
		WithField("lines[2].unit_price", "PRICE_DIFFERS", "ours is 3").WithRetryAfter(1500 * time.Millisecond)}
	got, _ := call(t, "POST", open(t, o)+"/v1/orders", good)
	want := answer{Status: 429, ContentType: "application/problem+json", Reason: "QUEUE_FULL", Path: "lines[2].unitPrice",
		FieldReason: "PRICE_DIFFERS", Title: "Too much at once", Detail: "too many orders wait", RetryAfter: "2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWatchStreams(t *testing.T) {
	got, text := call(t, "GET", open(t, &orders{})+"/v1/availability:watch?skus=A", "")
	if got.Status != 200 || !strings.Contains(text, `"sellable":"7"`) {
		t.Errorf("%d %s", got.Status, text)
	}
}

func TestDocs(t *testing.T) {
	base := open(t, &orders{})
	if got, text := call(t, "GET", base+"/openapi.json", ""); got.Status != 200 || !strings.Contains(text, `"/v1/orders"`) {
		t.Errorf("%d", got.Status)
	}
	got, text := call(t, "GET", base+"/docs/", "")
	if got.Status != 200 || !strings.Contains(text, "/openapi.json") || strings.Contains(text, "//unpkg") {
		t.Errorf("%d %s", got.Status, text)
	}
}
