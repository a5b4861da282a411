package audit

import (
	"bytes"
	"net/http"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// resolveOver resolves an exception over one of the protocols of the Connect door.
type resolveOver func(t *testing.T, base string, request, reply proto.Message) error

const resolveProcedure = "/waybill.operations.v1.OperationsService/ResolveException"

// postJSON is what curl would send.
func postJSON(t *testing.T, base string, request, reply proto.Message) error {
	t.Helper()
	body, err := protojson.Marshal(request)
	if err != nil {
		return err
	}
	call, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+resolveProcedure, bytes.NewReader(body))
	if err != nil {
		return err
	}
	call.Header.Set("Content-Type", "application/json")
	call.Header.Set("waybill-caller", "operator")
	response, err := http.DefaultClient.Do(call)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", response.Status, text.String())
	}
	return protojson.Unmarshal(text.Bytes(), reply)
}

func over(protocol connecthttp.Option) resolveOver {
	return func(t *testing.T, base string, request, reply proto.Message) error {
		t.Helper()
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{Protocols: protocols}
		defer transport.CloseIdleConnections()
		client := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, base, protocol))
		ctx, info := connect.NewClientContext(t.Context())
		info.RequestHeader().Set("waybill-caller", "operator")
		return client.CallUnary(ctx, connect.Spec{Procedure: resolveProcedure}, request, reply)
	}
}

// A held order becomes an exception, and accepting it over each protocol accepts the order.
func TestHeldOrdersAreFreedOverEachProtocol(t *testing.T) {
	w := newWorld(t)
	for name, resolve := range map[string]resolveOver{
		"json": postJSON, "grpc": over(connecthttp.WithGRPC()), "grpc-web": over(connecthttp.WithGRPCWeb()),
	} {
		submitted, err := w.Order.SubmitOrder(t.Context(), &orderv1.SubmitOrderRequest{
			RequestId: name, PartnerId: "P1", ExternalOrderId: "HELD-" + name, AccountId: "POOR", CurrencyCode: "GBP",
			Lines: []*orderv1.SubmitOrderLine{{Sku: "FEE", Quantity: &commonv1.Quantity{Value: "1000"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		order := submitted.GetOrder().GetOrderId()
		var exceptions []*operationsv1.OperationsException
		eventually(t, name+" has its exception", func() bool {
			reply, err := w.Operations.ListExceptions(t.Context(), &operationsv1.ListExceptionsRequest{OrderId: order})
			exceptions = reply.GetExceptions()
			return err == nil && len(exceptions) == 1 && exceptions[0].GetClass() == "HOLD_CREDIT"
		})
		reply := &operationsv1.ResolveExceptionResponse{}
		err = resolve(t, w.console, &operationsv1.ResolveExceptionRequest{
			RequestId: name, ExceptionId: exceptions[0].GetExceptionId(), Reason: "they pay", Actor: "ann",
			Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_ACCEPT,
		}, reply)
		if err != nil || reply.GetStep().GetOutcome() != "DONE" {
			t.Fatalf("%s: %v, %v", name, reply, err)
		}
		eventually(t, name+" is accepted and told", func() bool {
			found, err := w.Order.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: order})
			told, tellErr := w.Operations.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: "HELD-" + name})
			return err == nil && tellErr == nil && found.GetOrder().GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED && len(told.GetEntries()) > 4
		})
	}
	if err := w.sound(t.Context(), false); err != nil {
		t.Error(err)
	}
}
