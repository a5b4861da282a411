package billing

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// patience bounds what a test waits for.
const patience = 30 * time.Second

// world is the billing service on a real database beside a fake tax engine that it reaches over real gRPC. Events of other
// services are delivered when the test says so.
type world struct {
	t      testing.TB
	db     *database.DB
	bus    *bus.Bus
	engine *fakeEngine
	tax    taxv1.TaxServiceClient
	// provider is the fake payment provider, payments the connection to it.
	provider *fakeProvider
	payments paymentv1.PaymentServiceClient
	service  *Service
	client   billingv1.BillingServiceClient
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, Migrations), engine: &fakeEngine{}, provider: newFakeProvider()}
	w.tax = taxv1.NewTaxServiceClient(serve(t, "billing", func(on grpc.ServiceRegistrar) { taxv1.RegisterTaxServiceServer(on, w.engine) }))
	w.payments = paymentv1.NewPaymentServiceClient(serve(t, "billing", func(on grpc.ServiceRegistrar) {
		paymentv1.RegisterPaymentServiceServer(on, w.provider)
	}))
	w.service = w.newService(Config{})
	w.client = billingv1.NewBillingServiceClient(serve(t, "order", w.service.Register))
	return w
}

// newService makes a service on the world's database, as a replica of its own. It does not run yet.
func (w *world) newService(config Config) *Service {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("WAYBILL_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if config.Lease == 0 {
		config.Lease = 2 * time.Second
	}
	if config.FirstDelay == 0 {
		config.FirstDelay, config.MaxDelay = 5*time.Millisecond, 50*time.Millisecond
	}
	service, err := New(Deps{DB: w.db, Bus: w.bus, Clock: time.Now, Log: log, Tax: w.tax, Payments: w.payments}, config)
	if err != nil {
		w.t.Fatal(err)
	}
	return service
}

// run runs a service until the returned function is called, or the test ends.
func (w *world) run(service *Service) (stop func()) {
	w.t.Helper()
	return w.background(service.Run)
}

func (w *world) background(run func(context.Context) error) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// serve runs a server until the end of the test and connects to it as a caller.
func serve(t testing.TB, caller string, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(ctx, listener) }()
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return conn
}

// deliver hands messages to a handler in a transaction, as the inbox does.
func (w *world) deliver(handle func(context.Context, database.Transaction, []inbox.Message) error, payloads ...proto.Message) error {
	w.t.Helper()
	messages := make([]inbox.Message, 0, len(payloads))
	for i, payload := range payloads {
		messages = append(messages, inbox.Message{ID: fmt.Sprintf("evt_%d", i), Payload: payload})
	}
	_, err := database.Tx(w.t.Context(), w.db, "deliver", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, handle(w.t.Context(), tx, messages)
	})
	return err
}

type masterdataAccount = masterdatav1.Account

// account makes an account known.
func (w *world) account(name string, change func(*masterdataAccount)) {
	w.t.Helper()
	account := &masterdatav1.Account{
		AccountId: name, LegalEntity: "MAIN", CurrencyCode: "GBP", CreditLimitMinor: 100_000, EstimatedTaxRate: "0.2",
		Rounding: "HALF_UP", Version: 1,
	}
	if change != nil {
		change(account)
	}
	if err := w.deliver(w.service.onAccountChanged, &masterdatav1.AccountChanged{AccountId: name, Account: account}); err != nil {
		w.t.Fatal(err)
	}
}

// priced makes an order of one line per price: quantity 10 each, net amounts as they must be.
func priced(account string, prices ...string) *orderv1.PricedOrder {
	order := &orderv1.PricedOrder{
		OrderId: id.Format(id.Order, id.New()), PartnerId: "SHOP", ExternalOrderId: "PO-1", AccountId: account, LegalEntity: "MAIN",
		CurrencyCode: "GBP", PaymentDays: 30, TaxJurisdiction: "GB", Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
		ShipTo: &commonv1.Address{City: "Leeds"},
	}
	for i, price := range prices {
		order.Lines = append(order.Lines, &orderv1.PricedLine{
			LineNumber: int32(i + 1), Sku: fmt.Sprintf("ITEM-%d", i+1), Description: "an item", Quantity: 10, BaseUnit: "EA",
			UnitPrice: price, PriceUnit: "EA", PriceNumerator: 1, PriceDenominator: 1, TaxClass: "standard",
		})
	}
	return reprice(order)
}

// reprice sets the amounts and the hash to what the lines say.
func reprice(order *orderv1.PricedOrder) *orderv1.PricedOrder {
	order.NetTotalMinor, order.SnapshotHash = 0, nil
	for _, line := range order.GetLines() {
		price, err := money.ParsePrice(line.GetUnitPrice())
		if err != nil {
			panic(err)
		}
		line.NetAmountMinor, err = money.ExtendPer(price, line.GetPriceNumerator(), line.GetPriceDenominator(), line.GetQuantity(),
			int(line.GetScale()), order.GetCurrencyCode(), roundingFromProto(order.GetRounding()))
		if err != nil {
			panic(err)
		}
		order.NetTotalMinor += line.NetAmountMinor
	}
	form, err := proto.MarshalOptions{Deterministic: true}.Marshal(order)
	if err != nil {
		panic(err)
	}
	hash := sha256.Sum256(form)
	order.SnapshotHash = hash[:]
	return order
}
