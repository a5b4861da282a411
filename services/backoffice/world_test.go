package backoffice_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/sandbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/backoffice"
)

// careless is an ERP that knows no keys: it posts whatever it is sent, as often as it is sent. What stands in it twice was sent
// twice.
type careless struct {
	erpv1.UnimplementedErpServiceServer
	mu     sync.Mutex
	posted []string
	// sent are the documents that were sent, by their ids.
	sent map[string]*erpv1.ErpDocument
	// refuse is the reason for which a document is refused, fail the error of a whole call; empty and nil: neither.
	refuse func(document string) string
	fail   func(documents []string) error
	// answer is what is said of a document in place of posting it; nil: it is posted.
	answer func(document string) *erpv1.PostOutcome
	calls  int
}

func (c *careless) PostDocuments(_ context.Context, req *erpv1.PostDocumentsRequest) (*erpv1.PostDocumentsResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	var ids []string
	for _, document := range req.GetDocuments() {
		ids = append(ids, document.GetDocumentId())
		c.sent[document.GetDocumentId()] = document
	}
	if c.fail != nil {
		if err := c.fail(ids); err != nil {
			return nil, err
		}
	}
	reply := &erpv1.PostDocumentsResponse{}
	for _, id := range ids {
		if c.answer != nil {
			if outcome := c.answer(id); outcome != nil {
				reply.Outcomes = append(reply.Outcomes, outcome)
				continue
			}
		}
		if c.refuse != nil && c.refuse(id) != "" {
			reply.Outcomes = append(reply.Outcomes, &erpv1.PostOutcome{Refusal: &commonv1.Refusal{Reason: c.refuse(id)}})
			continue
		}
		c.posted = append(c.posted, id)
		reply.Outcomes = append(reply.Outcomes, &erpv1.PostOutcome{Posting: posting(id)})
	}
	return reply, nil
}

func (c *careless) QueryPostings(_ context.Context, req *erpv1.QueryPostingsRequest) (*erpv1.QueryPostingsResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reply := &erpv1.QueryPostingsResponse{}
	for _, id := range req.GetDocumentIds() {
		if slices.Contains(c.posted, id) {
			reply.Postings = append(reply.Postings, posting(id))
		}
	}
	return reply, nil
}

func posting(id string) *erpv1.Posting {
	return &erpv1.Posting{DocumentId: id, ErpNumber: "E-" + id, PostedAt: timestamppb.New(time.Unix(1, 0))}
}

func (c *careless) documents() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.posted)
}

// contents are the documents that were sent, by their ids.
func (c *careless) contents() map[string]*erpv1.ErpDocument {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sent)
}

func (c *careless) behave(change func(*careless)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// world is the service between a real broker and a careless ERP with dials, on a real database.
type world struct {
	t      *testing.T
	db     *database.DB
	bus    *bus.Bus
	erp    *careless
	box    *sandbox.Box
	office backofficev1.BackofficeServiceClient
	// operations calls as that service.
	operations backofficev1.BackofficeServiceClient
	stop       func()

	sender    *database.DB // the outbox of order and billing
	sequences map[string]int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, db: databasetest.New(t, backoffice.Migrations), bus: bustest.New(t), erp: &careless{sent: map[string]*erpv1.ErpDocument{}},
		box: sandbox.New("erp", sandbox.Dials{}, time.Now), sender: databasetest.New(t, nil), sequences: map[string]int64{},
	}
	owner := shard.NewOwner(w.sender, "sender")
	relay := outbox.NewRelay(w.sender, w.bus, owner, outbox.Options{Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, run := range []func(context.Context) error{owner.Run, relay.Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); group.Wait() })
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// start starts the service, with a guard that tries again soon.
func (w *world) start() {
	w.t.Helper()
	erp, closeERP := w.serve("backoffice", func(on grpc.ServiceRegistrar) {
		erpv1.RegisterErpServiceServer(w.box.Wrap(on), w.erp)
	})
	guard, err := outside.New("backoffice", "connector-erp",
		outside.Config{MinCalls: 2, OpenFor: 10 * time.Millisecond, MaxOpenFor: 20 * time.Millisecond}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	service, err := backoffice.New(backoffice.Deps{
		DB: w.db, Bus: w.bus, Clock: time.Now, Log: slog.New(slog.DiscardHandler), ERP: erpv1.NewErpServiceClient(guard.Around(erp)),
	}, backoffice.Config{
		Pace: time.Millisecond, Poll: 20 * time.Millisecond, FirstDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond,
		Lease: 400 * time.Millisecond,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	office, closeOffice := w.serve("operator", service.Register)
	w.office = backofficev1.NewBackofficeServiceClient(office)
	operations, closeOperations := w.serve("operations", service.Register)
	w.operations = backofficev1.NewBackofficeServiceClient(operations)
	ctx, cancel := context.WithCancel(context.Background())
	done, told := make(chan error, 1), make(chan error, 1)
	go func() { told <- guard.Tell(ctx, w.db, slog.New(slog.DiscardHandler)) }()
	go func() { done <- errors.Join(service.Run(ctx), <-told) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		closeOffice()
		closeOperations()
		closeERP()
	})
}

// serve runs a server and connects to it as a caller; both end with the function that it returns.
func (w *world) serve(caller string, register func(grpc.ServiceRegistrar)) (*grpc.ClientConn, func()) {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	return conn, func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	}
}

// listen gives what is told of a kind of aggregate, one after the other; nil when nothing comes for a long time.
func (w *world) listen(kind string) (next func() proto.Message) {
	w.t.Helper()
	events := w.follow(kind)
	return func() proto.Message {
		payload, err := events().Payload()
		if err != nil {
			w.t.Error(err)
		}
		return payload
	}
}

// follow is like listen and gives the events whole; an empty one when nothing comes for a long time.
func (w *world) follow(kind string) (next func() bus.Event) {
	w.t.Helper()
	streams, err := w.bus.Streams([]string{kind})
	if err != nil {
		w.t.Fatal(err)
	}
	told := make(chan bus.Event)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	var group sync.WaitGroup
	w.t.Cleanup(func() { cancel(); group.Wait() })
	for stream, kinds := range streams {
		for number := range int32(shard.Count) {
			pull, err := w.bus.Pull(ctx, bus.PullConfig{Stream: stream, Durable: "listener", Kinds: kinds, Shard: number, AckWait: time.Minute})
			if err != nil {
				w.t.Fatal(err)
			}
			group.Go(func() {
				defer pull.Stop()
				for delivery, err := pull.Next(ctx); err == nil; delivery, err = pull.Next(ctx) {
					delivery.Ack()
					select {
					case told <- delivery.Event:
					case <-ctx.Done():
					}
				}
			})
		}
	}
	return func() bus.Event {
		select {
		case event := <-told:
			return event
		case <-ctx.Done():
			return bus.Event{}
		}
	}
}

// publish tells what order and billing tell.
func (w *world) publish(payloads ...proto.Message) {
	w.t.Helper()
	var events []outbox.Event
	for _, payload := range payloads {
		aggregate := aggregateOf(payload)
		w.sequences[aggregate]++
		events = append(events, outbox.Event{
			Aggregate: aggregate, Sequence: w.sequences[aggregate], Shard: shard.Of(aggregate), Payload: payload,
		})
	}
	_, err := database.Tx(w.t.Context(), w.sender, "publish", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, outbox.Add(w.t.Context(), tx, events...)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func aggregateOf(payload proto.Message) string {
	switch payload := payload.(type) {
	case interface{ GetInvoiceId() string }:
		return payload.GetInvoiceId()
	case interface{ GetCreditMemoId() string }:
		return payload.GetCreditMemoId()
	case interface{ GetOrderId() string }:
		return payload.GetOrderId()
	default:
		panic(fmt.Sprintf("%T has no aggregate", payload))
	}
}

func newOrder() string { return id.Format(id.Order, id.New()) }

func received(order string) proto.Message {
	return &orderv1.OrderReceived{OrderId: order, Order: &orderv1.PricedOrder{OrderId: order, CurrencyCode: "GBP", NetTotalMinor: 100}}
}

func accepted(order string) proto.Message { return &orderv1.OrderAccepted{OrderId: order} }

func rejected(order string) proto.Message { return &orderv1.OrderRejected{OrderId: order} }

func amended(order string, revision int32) proto.Message {
	return &orderv1.OrderAmended{OrderId: order, Order: &orderv1.PricedOrder{OrderId: order, Revision: revision}}
}

func issued(invoice, order string) proto.Message {
	return &billingv1.InvoiceIssued{InvoiceId: invoice, Invoice: &billingv1.Invoice{
		InvoiceId: invoice, OrderId: order, IssuedAt: timestamppb.New(time.Unix(100, 0)),
	}}
}

func credited(memo, order string) proto.Message {
	return &billingv1.CreditMemoIssued{CreditMemoId: memo, CreditMemo: &billingv1.CreditMemo{
		CreditMemoId: memo, OrderId: order, IssuedAt: timestamppb.New(time.Unix(50, 0)),
	}}
}

// until waits until something is so.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("not so after a long time: %s; the ERP has %v", what, w.erp.documents())
		}
	}
}

func (w *world) queue() *backofficev1.GetQueueResponse {
	w.t.Helper()
	queue, err := w.office.GetQueue(w.t.Context(), &backofficev1.GetQueueRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return queue
}

// posts waits until the queue is empty and these documents, and no others, are in the ERP, in this order.
func (w *world) posts(want ...string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%v posted", want), func() bool {
		return len(w.erp.documents()) >= len(want) && w.queue().GetWaiting() == 0
	})
	if got := w.erp.documents(); !slices.Equal(got, want) {
		w.t.Fatalf("the ERP has %v, want %v", got, want)
	}
	for _, check := range backoffice.Checks() {
		breaks, err := check.Run(w.t.Context(), w.db)
		if err != nil || len(breaks) > 0 {
			w.t.Errorf("%s: %v %v", check.Name, breaks, err)
		}
	}
}
