package operations

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// world is the service on a real database and broker.
type world struct {
	t       testing.TB
	db      *database.DB
	bus     *bus.Bus
	service *Service
	// operator calls as the operator, gateway as the gateway.
	operator, gateway operationsv1.OperationsServiceClient
	deadLetters       operationsv1.DeadLetterServiceClient
	replays           operationsv1.ReplayServiceClient
	mu                sync.Mutex
	clock             time.Time
	sequences         map[string]int64
}

// start is the moment at which tests begin.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, db: databasetest.New(t, Migrations), bus: bustest.New(t), clock: start, sequences: map[string]int64{},
	}
	w.service = w.newService(w.db)
	operator := w.serve("operator")
	w.operator, w.deadLetters = operationsv1.NewOperationsServiceClient(operator), operationsv1.NewDeadLetterServiceClient(operator)
	w.replays = operationsv1.NewReplayServiceClient(operator)
	w.gateway = operationsv1.NewOperationsServiceClient(w.serve(rpc.Gateway))
	return w
}

func (w *world) newService(db *database.DB) *Service {
	w.t.Helper()
	service, err := New(w.deps(db), Config{})
	if err != nil {
		w.t.Fatal(err)
	}
	return service
}

func (w *world) deps(db *database.DB) Deps {
	return Deps{DB: db, Bus: w.bus, Clock: w.now, Log: slog.New(slog.DiscardHandler)}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// forward moves the clock.
func (w *world) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// serve offers the service and connects to it as a caller.
func (w *world) serve(caller string) *grpc.ClientConn {
	return serveTo(w.t, caller, w.service.Register)
}

func serveTo(t testing.TB, caller string, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		_ = conn.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return conn
}

// event is a payload as its publisher would tell it, a second after the last one.
func (w *world) event(payload proto.Message, change ...func(*bus.Event)) bus.Event {
	w.t.Helper()
	entry, err := policy.EventOf(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := proto.Marshal(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	message := payload.ProtoReflect()
	aggregate := message.Get(message.Descriptor().Fields().ByName(entry.Key)).String()
	w.sequences[entry.Kind()+"/"+aggregate]++
	w.forward(time.Second)
	event := bus.Event{
		ID: id.Format(id.Event, id.New()), Source: "/waybill/" + entry.Owner, Type: entry.Type, Schema: string(entry.Message),
		Aggregate: aggregate, Sequence: w.sequences[entry.Kind()+"/"+aggregate], OccurredAt: w.now(), RecordedAt: w.now(), Data: data,
	}
	for _, one := range change {
		one(&event)
	}
	return event
}

// message is an event as a consumer hands it over.
func message(t testing.TB, event bus.Event) inbox.Message {
	t.Helper()
	read, err := inbox.MessageOf(event, shard.Of(event.Aggregate))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// hear has the service handle events as one set.
func (w *world) hear(events ...bus.Event) { hear(w.t, w.service, events...) }

func hear(t testing.TB, service *Service, events ...bus.Event) {
	t.Helper()
	batch := make([]inbox.Message, 0, len(events))
	for _, event := range events {
		batch = append(batch, message(t, event))
	}
	_, err := database.Tx(t.Context(), service.db, "hear", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, service.onEvents(t.Context(), tx, batch)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tell has the service handle a payload.
func (w *world) tell(payloads ...proto.Message) []bus.Event {
	events := make([]bus.Event, 0, len(payloads))
	for _, payload := range payloads {
		events = append(events, w.event(payload))
	}
	w.hear(events...)
	return events
}

// newID is an id of a kind of thing.
func newID(prefix string) string { return id.Format(prefix, id.New()) }

// dump is what a service tells of orders, byte for byte, and under which names it finds events.
func dump(t testing.TB, service *Service, orders ...string) string {
	t.Helper()
	var text strings.Builder
	for _, order := range orders {
		known, err := service.ordersCalled(t.Context(), order, "")
		if err != nil {
			t.Fatal(err)
		}
		timeline, err := service.timeline(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s %+v\n", order, known)
		_, causes, _ := domain.Slice{KnownAt: forEver, Size: len(timeline)}.Cut(timeline)
		for _, event := range timeline {
			fmt.Fprintf(&text, "%+v because of %q\n", event, causes[event.ID])
		}
	}
	rows, err := service.db.Pool().Query(t.Context(), "SELECT DISTINCT name FROM event_link ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&text, strings.Join(names, "\n"))
	return text.String()
}

func ok[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
