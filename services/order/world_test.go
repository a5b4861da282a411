package order

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// world is the order service on a real database, between fake peers that it reaches over real gRPC. Events of the peers
// are delivered when the test says so.
type world struct {
	t           testing.TB
	db          *database.DB
	troubles    *troubles
	events      *events
	inventory   *fakeInventory
	billing     *fakeBilling
	fulfillment *fakeFulfillment
	outside     *fakeOutside
	asking      bool // outside systems are there
	queue       int  // how many orders may wait to be stored
	// budget is what outside systems have to answer; 0: as much as by default.
	budget  time.Duration
	peers   *grpc.ClientConn
	service *Service
	client  orderv1.OrderServiceClient
	stop    func()
	clock   *clock
	bus     *bus.Bus // nil: events are delivered by hand
}

// clock goes on from a time that the test can move.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, Migrations), troubles: &troubles{}, events: &events{}, clock: &clock{}}
	w.fakes()
	w.peers = serve(t, "order", func(on grpc.ServiceRegistrar) {
		w.outside.register(on)
		inventoryv1.RegisterInventoryServiceServer(on, w.inventory)
		billingv1.RegisterBillingServiceServer(on, w.billing)
		fulfillmentv1.RegisterFulfillmentServiceServer(on, w.fulfillment)
	})
	w.masterData()
	w.start(nil)
	return w
}

// fakes makes the peers.
func (w *world) fakes() {
	w.inventory = &fakeInventory{
		troubles: w.troubles, events: w.events, nodes: []string{"LEEDS", "YORK", "HULL"}, stock: map[string]int64{},
		outcomes: map[string]*inventoryv1.ReservationOutcome{}, given: map[string]*inventoryv1.ReservationCancellationOutcome{},
		undone: map[string]bool{},
	}
	w.billing = &fakeBilling{
		troubles: w.troubles, outcomes: map[string]*billingv1.CreditClaimOutcome{}, releases: map[string]bool{},
		undone: map[string]bool{}, active: map[string]string{}, claims: map[string]*fakeCredit{}, gone: map[spot]int64{},
		payments: map[string]*billingv1.PaymentAuthorizationOutcome{}, voided: map[string]bool{},
	}
	w.fulfillment = &fakeFulfillment{
		troubles: w.troubles, world: w, outcomes: map[string]*fulfillmentv1.FulfillmentOutcome{}, undone: map[string]bool{},
		stopAtOnce: true,
	}
	w.outside = &fakeOutside{troubles: w.troubles, calls: map[string]int{}, told: map[string]channelv1.NoticeKind{}}
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

// newService makes a service on the world's database, as a replica of its own.
func (w *world) newService() *Service {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("WAYBILL_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	deps := Deps{
		DB: w.db, Bus: w.bus, Clock: w.clock.now, Log: log,
		Inventory:   inventoryv1.NewInventoryServiceClient(w.peers),
		Billing:     billingv1.NewBillingServiceClient(w.peers),
		Fulfillment: fulfillmentv1.NewFulfillmentServiceClient(w.peers),
	}
	if w.asking {
		w.reach(&deps)
	}
	service, err := New(deps, Config{Lease: 2 * time.Second, HoldAbove: 20, Insisting: []string{"edi"}, SubmitQueue: w.queue, Budget: w.budget})
	if err != nil {
		w.t.Fatal(err)
	}
	service.options.RetryDelay, service.options.ParkedPoll = time.Millisecond, 50*time.Millisecond
	return service
}

// run runs a service until the returned function is called, or the test ends.
func (w *world) run(service *Service) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// start starts the service anew, with a point at which it crashes.
func (w *world) start(crash func(point string) error) {
	w.t.Helper()
	w.service = w.newService()
	w.service.crash = crash
	w.stop = w.run(w.service)
	w.client = orderv1.NewOrderServiceClient(serve(w.t, "operator", w.service.Register))
	w.eventually("the service owns shards", func() bool { return !w.service.owner.Leases().Empty() })
}

// restart stops the service and starts a new one on the same database.
func (w *world) restart(crash func(point string) error) {
	w.t.Helper()
	w.stop()
	w.start(crash)
}

func (w *world) masterData() {
	var messages []inbox.Message
	add := func(message inbox.Message) {
		message.OccurredAt = time.Now()
		messages = append(messages, message)
	}
	for i := range 6 {
		item := &masterdatav1.Item{
			Sku: fmt.Sprintf("ITEM-%d", i+1), Description: "an item", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA",
			Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 12, Denominator: 1}}, TaxClass: "standard", Version: 1,
		}
		if i == 3 {
			item.SubstituteSkus = []string{"ITEM-5", "ITEM-6"}
		}
		add(inbox.Message{Payload: &masterdatav1.ItemChanged{Sku: item.GetSku(), Item: item}})
		price := &masterdatav1.Price{PriceList: "BASE", Sku: item.GetSku(), CurrencyCode: "GBP", UnitPrice: "2.50", Version: 1}
		add(inbox.Message{Payload: &masterdatav1.PriceChanged{PriceKey: "BASE|GBP|" + item.GetSku(), Price: price}})
	}
	add(inbox.Message{Payload: &masterdatav1.ItemChanged{Sku: "FREIGHT", Item: &masterdatav1.Item{
		Sku: "FREIGHT", Description: "freight", Kind: masterdatav1.ItemKind_ITEM_KIND_SERVICE, BaseUnit: "EA", TaxClass: "standard", Version: 1,
	}}})
	add(inbox.Message{Payload: &masterdatav1.AccountChanged{AccountId: "ACME", Account: &masterdatav1.Account{
		AccountId: "ACME", LegalEntity: "MAIN", CurrencyCode: "GBP", Rounding: "HALF_UP", OverShipToleranceBp: 1000, Version: 1,
	}}})
	service := &Service{db: w.db, clock: time.Now}
	w.deliver(service.onMasterDataChanged, messages...)
}

// deliver hands messages to a handler in a transaction, as the inbox does.
func (w *world) deliver(handle func(context.Context, database.Transaction, []inbox.Message) error, messages ...inbox.Message) {
	w.t.Helper()
	_, err := database.Tx(w.t.Context(), w.db, "deliver", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, handle(w.t.Context(), tx, messages)
	})
	if err != nil {
		w.t.Fatalf("deliver: %v", err)
	}
}

// hear delivers what the peers have told, one event at a time, until nothing is left. It reports whether there was any.
func (w *world) hear() bool {
	w.t.Helper()
	heard := false
	for {
		one, ok := w.events.take(func(int) int { return 0 })
		if !ok {
			return heard
		}
		heard = true
		w.deliver(w.service.onFacts, message(one))
	}
}

// eventually waits until a condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	late := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatalf("never: %s\n%s", what, w.dump())
		}
	}
}

// settle delivers events until nothing is under way any more.
func (w *world) settle() {
	w.t.Helper()
	w.eventually("nothing is under way", func() bool { return w.quiet(`SELECT count(*) FROM process WHERE steps <> '[]'::jsonb`) })
}

// quiet delivers events, and reports whether nothing is under way and nothing was told since. It looks at the processes before
// it listens: the last thing that one does may be to have something told.
func (w *world) quiet(processes string) bool {
	w.t.Helper()
	ended := w.count(processes) == 0 && w.count(`SELECT count(*) FROM order_state WHERE state = 'RECEIVED'`) == 0
	return !w.hear() && ended
}

func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.db.Pool().QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// exec changes the database behind the service's back.
func (w *world) exec(sql string) {
	w.t.Helper()
	if _, err := w.db.Pool().Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

// want is a line to be ordered.
type want struct {
	sku      string
	quantity int
}

var orderNumber struct {
	sync.Mutex
	n int
}

// request makes an order for ACME.
func request(wants ...want) *orderv1.SubmitOrderRequest {
	orderNumber.Lock()
	orderNumber.n++
	number := fmt.Sprintf("PO-%d", orderNumber.n)
	orderNumber.Unlock()
	req := &orderv1.SubmitOrderRequest{
		RequestId: "req-" + number, ExternalOrderId: number, AccountId: "ACME", CurrencyCode: "GBP",
		ShipTo: &commonv1.Address{Name: "ACME", CountryCode: "GB"},
	}
	for _, one := range wants {
		line := &orderv1.SubmitOrderLine{Sku: one.sku, Quantity: &commonv1.Quantity{Value: fmt.Sprint(one.quantity)}}
		if one.sku == "FREIGHT" {
			line.UnitPrice = "5"
		}
		req.Lines = append(req.Lines, line)
	}
	return req
}

func (w *world) submit(req *orderv1.SubmitOrderRequest) *orderv1.Order {
	w.t.Helper()
	reply, err := w.client.SubmitOrder(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("SubmitOrder: %v", err)
	}
	return reply.GetOrder()
}

func (w *world) get(order *orderv1.Order) *orderv1.Order {
	w.t.Helper()
	reply, err := w.client.GetOrder(w.t.Context(), &orderv1.GetOrderRequest{OrderId: order.GetOrderId()})
	if err != nil {
		w.t.Fatalf("GetOrder: %v", err)
	}
	return reply.GetOrder()
}
