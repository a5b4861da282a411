package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// MaxBody is the largest request body in bytes: more than 10,000 order lines need.
const MaxBody = 4 << 20

// Connections lead to the services whose RPCs partners may call. Each must come from rpc.Dial with the caller "gateway"
// and with the interceptors of DialOptions.
type Connections struct {
	Order, Inventory, Fulfillment, Billing, MasterData, Operations grpc.ClientConnInterface
}

// Config says who an unauthenticated caller is.
type Config struct {
	// Principal names the callers of this door in logs and idempotency keys. Partner keys come later; until then the
	// door is open to whoever reaches it, so it must be bound to a loopback address.
	Principal string
	// Scopes is what such a caller may do.
	Scopes []string
	// BodyTime is how long a request's body may take to come.
	BodyTime time.Duration
	// AnswerTime is how long a caller may take to read 64 KiB of an answer, or a message of a stream. Who takes longer is hung up on.
	AnswerTime time.Duration
	// MaxRequests bounds the requests under way, MaxStreams the streams, and MaxBodyBytes the bodies of all of them together. What is
	// more is refused with the time to wait.
	MaxRequests, MaxStreams int
	MaxBodyBytes            int64
	// Registerer takes the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
}

// DefaultConfig lets a local caller do everything that a partner could ever do.
func DefaultConfig() Config {
	return Config{
		Principal: "local",
		Scopes: []string{
			"orders.read", "orders.write", "orders.holds", "orders.agreed_price", "availability.read", "inventory.read",
			"inventory.write", "shipments.read", "invoices.read", "items.read", "accounts.read",
			"nodes.read", "prices.read", "legal_entities.read", "exchange_rates.read", "masterdata.write",
			"receipts.read", "receipts.write", "receipts.record", "returns.read", "returns.write", "returns.authorize",
			"invoices.write", "credit_memos.read", "credit_memos.write", "payments.read", "payments.write",
			"shipments.write", "shipments.track", "shipments.exceptions", "fulfillments.write", "waves.read", "waves.write",
		},
		BodyTime: 30 * time.Second, AnswerTime: 30 * time.Second,
		MaxRequests: 1000, MaxStreams: 1000, MaxBodyBytes: 128 << 20,
	}
}

// New makes the handler of the whole REST surface: /v1/…, /openapi.json and /docs/.
func New(ctx context.Context, connections Connections, config Config) (http.Handler, error) {
	routes := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, wholeJSON{&runtime.HTTPBodyMarshaler{Marshaler: &runtime.JSONPb{
			MarshalOptions:   protojson.MarshalOptions{EmitUnpopulated: true},
			UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
		}}}),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(writeRoutingError),
		runtime.WithStreamErrorHandler(streamError),
		runtime.SetQueryParameterParser(strictQuery{}),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisablePathLengthFallback(),
	)
	register := []func() error{
		func() error {
			return orderv1.RegisterOrderServiceHandlerClient(ctx, routes, orderv1.NewOrderServiceClient(connections.Order))
		},
		func() error {
			return inventoryv1.RegisterInventoryServiceHandlerClient(ctx, routes, inventoryv1.NewInventoryServiceClient(connections.Inventory))
		},
		func() error {
			return fulfillmentv1.RegisterFulfillmentServiceHandlerClient(ctx, routes, fulfillmentv1.NewFulfillmentServiceClient(connections.Fulfillment))
		},
		func() error {
			return billingv1.RegisterBillingServiceHandlerClient(ctx, routes, billingv1.NewBillingServiceClient(connections.Billing))
		},
		func() error {
			return masterdatav1.RegisterMasterDataServiceHandlerClient(ctx, routes, masterdatav1.NewMasterDataServiceClient(connections.MasterData))
		},
		func() error {
			return operationsv1.RegisterOperationsServiceHandlerClient(ctx, routes, operationsv1.NewOperationsServiceClient(connections.Operations))
		},
	}
	for _, one := range register {
		if err := one(); err != nil {
			return nil, fmt.Errorf("register REST routes: %w", err)
		}
	}
	mux := http.NewServeMux()
	// Whoever reaches this door may do everything, so a page of another site must not reach it through the browser of
	// somebody who does.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(refuseForeignPage))
	invited := onlyLocalNames(sameOrigin.Handler(withCaller(config, withIdempotencyKey(routes))))
	// The body is bounded before anything is refused: a refusal waits for the body, too.
	mux.Handle("/v1/", recoverPanics(newCrowd(config).bounded(onlyUTF8(boundBody(config.BodyTime, invited)))))
	addDocs(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeProblem(w, notFound(r)) })
	return boundAnswer(config.AnswerTime, mux), nil
}
