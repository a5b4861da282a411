package operations

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/delivery"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// neighbour is a service that takes events of orders, and cannot.
type neighbour struct {
	w    *world
	name string
	db   *database.DB
}

// newNeighbour runs one beside the service, which asks it for its dead letters and hears what it tells.
func (w *world) newNeighbour(name string) *neighbour {
	w.t.Helper()
	return w.newNeighbourThat(name, inbox.StayInside, func(_ context.Context, _ database.Transaction, batch []inbox.Message) error {
		return fmt.Errorf("%s does not understand %s", name, batch[0].Aggregate)
	})
}

// newNeighbourThat runs one that takes events of orders.
func (w *world) newNeighbourThat(
	name string, effects inbox.Effects, handle func(context.Context, database.Transaction, []inbox.Message) error,
) *neighbour {
	w.t.Helper()
	n := &neighbour{w: w, name: name, db: databasetest.New(w.t, nil)}
	quiet := slog.New(slog.DiscardHandler)
	owner := shard.NewOwner(n.db, name, shard.Log(quiet))
	run(w.t, owner.Run)
	run(w.t, outbox.NewRelay(n.db, w.bus, owner, outbox.Options{Log: quiet}).Run)
	subscription := inbox.Subscription{Consumer: name + "-orders", Aggregates: []string{"order.order"}, Effects: effects, Handle: handle}
	run(w.t, inbox.NewConsumer(n.db, w.bus, owner, subscription, inbox.Options{Log: quiet, MaxAttempts: 1, ParkedPoll: 10 * time.Millisecond}).Run)
	takers := map[string]delivery.Taker{name: {DB: n.db, Subscriptions: []inbox.Subscription{subscription}}}
	conn := serveTo(w.t, "operations", delivery.NewService(takers).Register)
	if w.service.deliveries == nil {
		w.service.deliveries = map[string]deliveryv1.DeliveryServiceClient{}
	}
	w.service.deliveries[name] = deliveryv1.NewDeliveryServiceClient(conn)
	return n
}

func run(t testing.TB, work func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// publish tells events of new orders to everybody.
func (n *neighbour) publish(orders ...string) {
	n.w.t.Helper()
	_, err := database.Tx(n.w.t.Context(), n.db, "publish", func(tx database.Transaction) (struct{}, error) {
		var events []outbox.Event
		for _, order := range orders {
			key, err := id.Parse(id.Order, order)
			if err != nil {
				return struct{}{}, err
			}
			events = append(events, outbox.Event{
				Aggregate: order, Sequence: 1, Shard: shard.OfUUID(key), CorrelationID: order,
				Payload: &orderv1.OrderReceived{OrderId: order, Order: &orderv1.PricedOrder{PartnerId: "P1"}},
			})
		}
		return struct{}{}, outbox.Add(n.w.t.Context(), tx, events...)
	})
	if err != nil {
		n.w.t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-late:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (w *world) letters(request *operationsv1.ListDeadLettersRequest) *operationsv1.ListDeadLettersResponse {
	w.t.Helper()
	return ok[*operationsv1.ListDeadLettersResponse](w.t)(w.deadLetters.ListDeadLetters(w.t.Context(), request))
}

// Real events that two services cannot handle are listed together, are exceptions of their order, and are decided about in either
// way: who decided and why is kept, and the exception ends.
func TestDeadLettersOfAllServices(t *testing.T) {
	w := newWorld(t)
	first, second := w.newNeighbour("first"), w.newNeighbour("second")
	run(t, w.service.Run)
	orders := []string{newID(id.Order), newID(id.Order)}
	first.publish(orders...)
	open := &operationsv1.ListDeadLettersRequest{}
	eventually(t, "all are put away", func() bool { return len(w.letters(open).GetDeadLetters()) == 4 })
	eventually(t, "all are exceptions", func() bool { return len(w.exceptions(&operationsv1.ListExceptionsRequest{Class: "DEAD_LETTER"})) == 4 })
	if of := w.exceptions(&operationsv1.ListExceptionsRequest{OrderId: orders[0]}); len(of) != 2 || of[0].GetSubjectKind() != "order.order" ||
		of[0].GetQueue() != "operations" || of[0].GetContext()["event_id"] == "" ||
		!slices.Equal(of[0].GetActions(), []operationsv1.ExceptionAction{
			operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY, operationsv1.ExceptionAction_EXCEPTION_ACTION_SKIP,
		}) {
		t.Errorf("exceptions of an order: %v", of)
	}
	if got := w.letters(&operationsv1.ListDeadLettersRequest{Service: second.name}).GetDeadLetters(); len(got) != 2 || got[0].GetService() != "second" {
		t.Errorf("of one service: %v", got)
	}
	w.pagesAreWhole(open)

	// By the command of dead letters.
	letters, calls := w.letters(&operationsv1.ListDeadLettersRequest{Service: first.name}).GetDeadLetters(), w.deadLetters
	skip := &operationsv1.SkipDeadLetterRequest{
		RequestId: "s", Service: "first", Consumer: "first-orders", EventId: letters[0].GetEventId(), Reason: "not needed", Actor: "ann",
	}
	for range 2 {
		reply := ok[*operationsv1.SkipDeadLetterResponse](t)(calls.SkipDeadLetter(t.Context(), skip))
		if reply.GetDeadLetter().GetResolvedBy() != "ann" || reply.GetDeadLetter().GetReason() != "not needed" {
			t.Errorf("skipped: %v", reply)
		}
	}
	eventually(t, "its exception is over", func() bool {
		return len(w.exceptions(&operationsv1.ListExceptionsRequest{Class: "DEAD_LETTER"})) == 3
	})
	for _, e := range w.exceptions(&operationsv1.ListExceptionsRequest{Class: "DEAD_LETTER", IncludeResolved: true}) {
		if e.GetState() == operationsv1.ExceptionState_EXCEPTION_STATE_RESOLVED && e.GetResolution() != "it was skipped: not needed (ann)" {
			t.Errorf("resolved as %q", e.GetResolution())
		}
	}

	// By the action of the exception: what is retried fails again, and is open again.
	letter := w.letters(&operationsv1.ListDeadLettersRequest{Service: second.name}).GetDeadLetters()[0]
	var exception *operationsv1.OperationsException
	for _, e := range w.exceptions(&operationsv1.ListExceptionsRequest{Class: "DEAD_LETTER"}) {
		if e.GetContext()["consumer"] == letter.GetConsumer() && e.GetContext()["event_id"] == letter.GetEventId() {
			exception = e
		}
	}
	ok[*operationsv1.ResolveExceptionResponse](t)(w.operator.ResolveException(t.Context(), &operationsv1.ResolveExceptionRequest{
		RequestId: "r", ExceptionId: exception.GetExceptionId(), Action: operationsv1.ExceptionAction_EXCEPTION_ACTION_RETRY, Reason: "again", Actor: "bob",
	}))
	eventually(t, "it is open again", func() bool {
		got := ok[*operationsv1.GetExceptionResponse](t)(w.operator.GetException(t.Context(), &operationsv1.GetExceptionRequest{ExceptionId: exception.GetExceptionId()})).GetException()
		return got.GetCount() == 2 && got.GetState() == operationsv1.ExceptionState_EXCEPTION_STATE_OPEN
	})
	after := ok[*operationsv1.GetDeadLetterResponse](t)(calls.GetDeadLetter(t.Context(), &operationsv1.GetDeadLetterRequest{
		Service: letter.GetService(), Consumer: letter.GetConsumer(), EventId: letter.GetEventId(),
	})).GetDeadLetter()
	if !after.GetFailedAt().AsTime().After(letter.GetFailedAt().AsTime()) || after.GetState() != deliveryv1.DeadLetterState_DEAD_LETTER_STATE_OPEN {
		t.Errorf("after it failed again: %v", after)
	}
	w.sound()
}

// pagesAreWhole goes through a list page by page.
func (w *world) pagesAreWhole(request *operationsv1.ListDeadLettersRequest) {
	w.t.Helper()
	var want, got []string
	for _, letter := range w.letters(request).GetDeadLetters() {
		want = append(want, letter.GetConsumer()+letter.GetEventId())
	}
	paged := &operationsv1.ListDeadLettersRequest{PageSize: 1}
	for {
		reply := w.letters(paged)
		for _, letter := range reply.GetDeadLetters() {
			got = append(got, letter.GetConsumer()+letter.GetEventId())
		}
		if paged.PageToken = reply.GetNextPageToken(); paged.GetPageToken() == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("by pages %v, at once %v", got, want)
	}
}

// gone is a service that does not answer.
type gone struct {
	deliveryv1.UnimplementedDeliveryServiceServer
}

func (gone) ListDeadLetters(context.Context, *deliveryv1.ListDeadLettersRequest) (*deliveryv1.ListDeadLettersResponse, error) {
	return nil, fault.New(fault.Unavailable, "UNAVAILABLE", "away")
}

// A service that does not answer hides nothing of the others, and is named.
func TestDeadLettersWithoutAnAnswer(t *testing.T) {
	w := newWorld(t)
	w.newNeighbour("first").publish(newID(id.Order))
	w.service.deliveries["away"] = deliveryv1.NewDeliveryServiceClient(serveTo(t, "operations", func(on grpc.ServiceRegistrar) {
		deliveryv1.RegisterDeliveryServiceServer(on, gone{})
	}))
	eventually(t, "that of the other is there", func() bool {
		reply := w.letters(&operationsv1.ListDeadLettersRequest{})
		return len(reply.GetDeadLetters()) == 1 && slices.Equal(reply.GetUnanswered(), []string{"away"})
	})
	if _, err := w.deadLetters.ListDeadLetters(t.Context(), &operationsv1.ListDeadLettersRequest{Service: "away"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("alone: %v", err)
	}
	if _, err := w.deadLetters.ListDeadLetters(t.Context(), &operationsv1.ListDeadLettersRequest{Service: "nobody"}); fault.ReasonOf(err) != "SERVICE_UNKNOWN" {
		t.Errorf("nobody: %v", err)
	}
	if _, err := w.deadLetters.ListDeadLetters(t.Context(), &operationsv1.ListDeadLettersRequest{PageToken: "x"}); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a token of nobody: %v", err)
	}
}

// A dead letter about an order stands on its timeline, and its end follows it.
func TestDeadLetterOnTheTimeline(t *testing.T) {
	w := newWorld(t)
	order, letter := newID(id.Order), "billing-orders/evt_1"
	of := func(event *bus.Event) { event.CorrelationID = order }
	w.hear(w.event(&orderv1.OrderReceived{OrderId: order, Order: &orderv1.PricedOrder{PartnerId: "P1"}}),
		w.event(&deliveryv1.MessageDeadLettered{DeadLetterId: letter, Consumer: "billing-orders", EventType: "t", Error: "no"}, of),
		w.event(&deliveryv1.MessageRetried{DeadLetterId: letter, Consumer: "billing-orders", EventType: "t", Reason: "mended", Actor: "ann"}, of))
	entries := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: order})).GetEntries()
	if len(entries) != 3 || entries[1].GetSentence() != "Consumer billing-orders could not take t: no" ||
		entries[2].GetSentence() != "For billing-orders t was handed in again: mended" || entries[2].GetCausedBy() != entries[1].GetEventId() {
		t.Errorf("timeline: %v", entries)
	}
}
