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
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
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
	t       testing.TB
	db      *database.DB
	bus     *bus.Bus
	engine  *fakeEngine
	tax     taxv1.TaxServiceClient
	service *Service
	client  billingv1.BillingServiceClient
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, Migrations), engine: &fakeEngine{}}
	w.tax = taxv1.NewTaxServiceClient(serve(t, "billing", func(on grpc.ServiceRegistrar) { taxv1.RegisterTaxServiceServer(on, w.engine) }))
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
	service, err := New(Deps{DB: w.db, Bus: w.bus, Clock: time.Now, Log: log, Tax: w.tax}, config)
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

// fakeEngine levies 20 % in GB and two taxes in US-XX, nothing without a jurisdiction, and refuses others.
type fakeEngine struct {
	taxv1.UnimplementedTaxServiceServer
	mu    sync.Mutex
	down  bool
	calls int
	// before, when set, runs before an answer.
	before func()
}

func (e *fakeEngine) setDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

func (e *fakeEngine) called() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

func (e *fakeEngine) CalculateTax(_ context.Context, req *taxv1.CalculateTaxRequest) (*taxv1.CalculateTaxResponse, error) {
	e.mu.Lock()
	e.calls++
	down, before := e.down, e.before
	e.mu.Unlock()
	if before != nil {
		before()
	}
	if down {
		return nil, fault.New(fault.Unavailable, "ENGINE_DOWN", "the engine is down")
	}
	reply := &taxv1.CalculateTaxResponse{}
	for _, document := range req.GetDocuments() {
		outcome := &taxv1.TaxOutcome{}
		rates := map[string][]string{"GB": {"0.2"}, "US-XX": {"0.06", "0.0125"}, "": {}}[document.GetJurisdiction()]
		if rates == nil {
			outcome.Refusal = &commonv1.Refusal{Reason: "UNKNOWN_JURISDICTION", Message: "no such place"}
			reply.Outcomes = append(reply.Outcomes, outcome)
			continue
		}
		for _, line := range document.GetLines() {
			taxed := &taxv1.TaxedLine{Position: line.GetPosition()}
			for i, text := range rates {
				rate, _ := money.ParseRate(text)
				amount, err := money.Tax(line.GetNetAmountMinor(), rate, money.HalfUp)
				if err != nil {
					return nil, err
				}
				taxed.Taxes = append(taxed.Taxes, &commonv1.TaxAmount{
					Jurisdiction: fmt.Sprintf("%s-%d", document.GetJurisdiction(), i), Name: "tax", Rate: text, AmountMinor: amount,
				})
			}
			outcome.Lines = append(outcome.Lines, taxed)
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
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

func claimOf(key string, order *orderv1.PricedOrder) *billingv1.CreditClaim {
	return &billingv1.CreditClaim{Key: key, Order: order}
}

// claim claims and returns the reasons of the refusals, empty where granted.
func (w *world) claim(claims ...*billingv1.CreditClaim) []string {
	w.t.Helper()
	reply, err := w.client.ClaimCredit(w.t.Context(), &billingv1.ClaimCreditRequest{Claims: claims})
	if err != nil {
		w.t.Fatal(err)
	}
	return convertAll(reply.GetOutcomes(), func(outcome *billingv1.CreditClaimOutcome) string { return outcome.GetRefusal().GetReason() })
}

// granted makes an order known, forced over any limit.
func (w *world) granted(orders ...*orderv1.PricedOrder) {
	w.t.Helper()
	for _, order := range orders {
		claim := claimOf("accept/"+order.GetOrderId(), order)
		claim.Forced = true
		if reasons := w.claim(claim); reasons[0] != "" {
			w.t.Fatalf("the claim is refused: %s", reasons[0])
		}
	}
}

func (w *world) release(releases ...*billingv1.CreditRelease) []int64 {
	w.t.Helper()
	reply, err := w.client.ReleaseCredit(w.t.Context(), &billingv1.ReleaseCreditRequest{Releases: releases})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetReleasedMinor()
}

// shipped makes a shipment of an order: quantities by line number, in pairs.
func shipped(order *orderv1.PricedOrder, pairs ...int64) *fulfillmentv1.ShipmentShipped {
	shipmentID := id.Format(id.Shipment, id.New())
	shipment := &fulfillmentv1.Shipment{ShipmentId: shipmentID, OrderId: order.GetOrderId()}
	for i := 0; i < len(pairs); i += 2 {
		shipment.Lines = append(shipment.Lines, &fulfillmentv1.ShipmentLine{
			ShipmentLineId: fmt.Sprintf("%s/%d", shipmentID, i/2+1), LineNumber: int32(pairs[i]), Quantity: pairs[i+1],
		})
	}
	return &fulfillmentv1.ShipmentShipped{ShipmentId: shipmentID, Shipment: shipment}
}

// ship delivers shipments in one batch.
func (w *world) ship(shipments ...*fulfillmentv1.ShipmentShipped) {
	w.t.Helper()
	if err := w.deliver(w.service.onShipmentShipped, convertAll(shipments, func(one *fulfillmentv1.ShipmentShipped) proto.Message { return one })...); err != nil {
		w.t.Fatal(err)
	}
}

// credit is the account's (receivable, not invoiced, open orders).
func (w *world) credit(account string) [3]int64 {
	w.t.Helper()
	reply, err := w.service.GetCreditStatus(w.t.Context(), &billingv1.GetCreditStatusRequest{AccountId: account})
	if err != nil {
		w.t.Fatal(err)
	}
	status := reply.GetStatus()
	return [3]int64{status.GetArOpenMinor(), status.GetShippedNotInvoicedMinor(), status.GetOpenOrdersMinor()}
}

func (w *world) wantCredit(account string, receivable, notInvoiced, openOrders int64) {
	w.t.Helper()
	if got := w.credit(account); got != [3]int64{receivable, notInvoiced, openOrders} {
		w.t.Errorf("credit of %s: %v, want %v", account, got, []int64{receivable, notInvoiced, openOrders})
	}
}

// invoices are all invoices, the newest first.
func (w *world) invoices() []*billingv1.Invoice {
	w.t.Helper()
	reply, err := w.service.ListInvoices(w.t.Context(), &billingv1.ListInvoicesRequest{PageSize: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetInvoices()
}

// allIssued waits until so many invoices are issued and none is pending, and checks the invariants.
func (w *world) allIssued(n int) []*billingv1.Invoice {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d invoices are issued", n), func() bool { return w.count("invoice WHERE state = 'ISSUED'") == n })
	w.holds()
	return w.invoices()
}

// count counts rows.
func (w *world) count(from string) int {
	w.t.Helper()
	var n int
	if err := w.db.Pool().QueryRow(w.t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// told counts the events of a type in the outbox, which nobody empties in a world without a bus.
func (w *world) told(kind string) int {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), "SELECT envelope FROM outbox")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var envelope []byte
		if err := rows.Scan(&envelope); err != nil {
			w.t.Fatal(err)
		}
		event, err := bus.ParseEnvelope(envelope)
		if err != nil {
			w.t.Fatal(err)
		}
		if event.Type == "waybill."+kind+".v1" {
			n++
		}
	}
	return n
}

// holds checks every invariant.
func (w *world) holds() {
	w.t.Helper()
	for _, check := range Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil {
			w.t.Errorf("%s: %v", check.Name, err)
		}
		for _, one := range breaks {
			w.t.Errorf("%s: %s: %s is not %s: %s", check.Name, one.Entity, one.Left, one.Right, one.Detail)
		}
	}
}

// eventually waits for a condition that another goroutine brings about and no signal tells.
func (w *world) eventually(what string, condition func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s", patience, what)
		}
		<-tick.C
	}
}
