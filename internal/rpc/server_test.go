package rpc_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestAPanicIsCaught(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(_ context.Context, req *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			if req.GetSku() == "A" {
				panic("secret cause")
			}
			return &masterdatav1.GetItemResponse{}, nil
		},
	}))
	conn := server.dial(t, "operator")
	err := getItem(t.Context(), conn)
	if got, ok := fault.As(err); !ok || got.Kind != fault.Internal || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	log := server.log.String()
	for _, want := range []string{"secret cause", "server_test.go", "ERROR", `"method":"get_item"`, `"service":"masterdata"`, "operator"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log:\n%s", want, log)
		}
	}
	client := masterdatav1.NewMasterDataServiceClient(conn)
	if _, err := client.GetItem(t.Context(), &masterdatav1.GetItemRequest{Sku: "B"}); err != nil {
		t.Errorf("the server is broken after a panic: %v", err)
	}
}

// orders takes orders and remembers nothing.
type orders struct {
	orderv1.UnimplementedOrderServiceServer
}

func (orders) SubmitOrder(context.Context, *orderv1.SubmitOrderRequest) (*orderv1.SubmitOrderResponse, error) {
	return &orderv1.SubmitOrderResponse{}, nil
}

func withOrders(on grpc.ServiceRegistrar) { orderv1.RegisterOrderServiceServer(on, orders{}) }

func submitRequest() *orderv1.SubmitOrderRequest {
	return &orderv1.SubmitOrderRequest{
		RequestId: "r-1", ExternalOrderId: "PO-1", AccountId: "ACME", CurrencyCode: "GBP",
		Lines: []*orderv1.SubmitOrderLine{{Sku: "A", Quantity: &commonv1.Quantity{Value: "1"}}},
	}
}

func TestRequestsAreValidated(t *testing.T) {
	server := serve(t, nil, withOrders)
	client := orderv1.NewOrderServiceClient(server.dial(t, "operator"))
	if _, err := client.SubmitOrder(t.Context(), submitRequest()); err != nil {
		t.Fatalf("a good request: %v", err)
	}
	bad := submitRequest()
	bad.RequestId = ""
	bad.CurrencyCode = "pounds"
	bad.Lines = append(bad.Lines, &orderv1.SubmitOrderLine{Sku: "B"})
	_, err := client.SubmitOrder(t.Context(), bad)
	got, ok := fault.As(err)
	if !ok || got.Kind != fault.Invalid || got.Reason != rpc.ReasonInvalid {
		t.Fatalf("a bad request: %v", err)
	}
	places := map[string]string{}
	for _, field := range got.Fields {
		places[field.Path] = field.Reason
		if field.Message == "" {
			t.Errorf("%s: no message", field.Path)
		}
	}
	want := map[string]string{
		"request_id": "STRING_MIN_LEN", "currency_code": "STRING_PATTERN", "lines[1].quantity": "REQUIRED",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestTheDeadlineOfThePolicy(t *testing.T) {
	var left time.Duration
	server := serve(t, nil, withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			deadline, ok := ctx.Deadline()
			if !ok {
				t.Error("no deadline")
			}
			left = time.Until(deadline)
			return &masterdatav1.GetItemResponse{}, nil
		},
	}))
	conn := server.dial(t, "operator")
	long, cancelLong := context.WithTimeout(t.Context(), time.Hour)
	defer cancelLong()
	short, cancelShort := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancelShort()
	for _, test := range []struct {
		name string
		ctx  context.Context
		most time.Duration
	}{{"no deadline of the caller's", t.Context(), 5 * time.Second}, {"a longer one", long, 5 * time.Second}, {"a shorter one", short, 900 * time.Millisecond}} {
		if err := getItem(test.ctx, conn); err != nil {
			t.Fatal(err)
		}
		if left > test.most || left < test.most/2 {
			t.Errorf("%s: %v left, want nearly %v", test.name, left, test.most)
		}
	}
}

// A server that enforces nothing shows what the client sends by itself.
func TestTheClientAlwaysSendsADeadline(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var left time.Duration
	bare := grpc.NewServer()
	masterdatav1.RegisterMasterDataServiceServer(bare, &masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			if deadline, ok := ctx.Deadline(); ok {
				left = time.Until(deadline)
			}
			return &masterdatav1.GetItemResponse{}, nil
		},
	})
	stopped := make(chan error, 1)
	go func() { stopped <- bare.Serve(listener) }()
	if err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: listener.Addr().String(), Caller: "operator"})); err != nil {
		t.Error(err)
	}
	bare.Stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if left <= 0 || left > 5*time.Second {
		t.Errorf("%v left, want the policy's 5 s", left)
	}
}

func TestMetrics(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	conn := server.dial(t, "operator")
	if err := getItem(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := getItem(t.Context(), server.dial(t, "billing")); err == nil {
		t.Fatal("billing is let in")
	}
	const inFlight = "waybill_rpc_server_in_flight"
	methods := len(masterdatav1.MasterDataService_ServiceDesc.Methods)
	if got, err := testutil.GatherAndCount(server.registry, inFlight); err != nil || got != methods {
		t.Errorf("%d of %d methods show what is in flight, %v", got, methods, err)
	}
	if got := calls(t, server, "get_item", "OK"); got != 1 {
		t.Errorf("%d good calls, want 1", got)
	}
	if got := calls(t, server, "get_item", "PermissionDenied"); got != 1 {
		t.Errorf("%d refused calls, want 1", got)
	}
}

// calls reads how many calls of a method ended with a code.
func calls(t *testing.T, server *running, method, code string) uint64 {
	t.Helper()
	families, err := server.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, one := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range one.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if family.GetName() == "waybill_rpc_server_seconds" && labels["method"] == method && labels["code"] == code {
				return one.GetHistogram().GetSampleCount()
			}
		}
	}
	return 0
}

func TestHealth(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	client := healthv1.NewHealthClient(server.dial(t, "anybody"))
	check := func(service string) healthv1.HealthCheckResponse_ServingStatus {
		got, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil {
			t.Errorf("health of %q: %v", service, err)
		}
		return got.GetStatus()
	}
	const name = "waybill.masterdata.v1.MasterDataService"
	for _, service := range []string{"", name} {
		if got := check(service); got != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v", service, got)
		}
	}
	server.server.Health().SetServingStatus(name, healthv1.HealthCheckResponse_NOT_SERVING)
	if got := check(name); got != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health after the role said no: %v", got)
	}
	_, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: "nobody"})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("health of nobody: %v", err)
	}
}

func TestReflection(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	stream, err := reflectionv1.NewServerReflectionClient(server.dial(t, "operator")).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := &reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
	}
	if err := stream.Send(list); err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if text := got.String(); !strings.Contains(text, "waybill.masterdata.v1.MasterDataService") {
		t.Errorf("services %s", text)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	if _, err := stream.Recv(); err != io.EOF { //nolint:errorlint // gRPC's own contract
		t.Errorf("the end: %v", err)
	}
}

func TestWhatIsNotBuilt(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	conn := server.dial(t, "operator")
	_, err := masterdatav1.NewMasterDataServiceClient(conn).GetAccount(t.Context(), &masterdatav1.GetAccountRequest{AccountId: "A"})
	if fault.ReasonOf(err) != "UNIMPLEMENTED" {
		t.Errorf("a method of the stub: %v", err)
	}
	_, err = orderv1.NewOrderServiceClient(conn).SubmitOrder(t.Context(), submitRequest())
	if fault.ReasonOf(err) != "UNIMPLEMENTED" {
		t.Errorf("a service that is not there: %v", err)
	}
}

func TestAMessageThatIsTooLarge(t *testing.T) {
	server := serve(t, nil, withMasterdata(&masterdata{}))
	client := masterdatav1.NewMasterDataServiceClient(server.dial(t, "operator"))
	_, err := client.GetItem(t.Context(), &masterdatav1.GetItemRequest{Sku: strings.Repeat("x", rpc.MaxMessageBytes)})
	if fault.KindOf(err) != fault.Invalid || fault.ReasonOf(err) != rpc.ReasonTooLarge {
		t.Errorf("got %v", err)
	}
	_, err = client.GetItem(t.Context(), &masterdatav1.GetItemRequest{Sku: strings.Repeat("x", rpc.MaxMessageBytes/2)})
	if fault.ReasonOf(err) != rpc.ReasonInvalid {
		t.Errorf("a large one that fits: %v", err)
	}
}
