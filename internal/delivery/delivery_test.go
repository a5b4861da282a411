package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/delivery"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/internal/shard"
)

var quiet = slog.New(slog.DiscardHandler)

// world is a service that takes events of items, tells its own, and offers its dead letters.
type world struct {
	t      *testing.T
	db     *database.DB
	client deliveryv1.DeliveryServiceClient
	broken atomic.Bool // events of items named BAD… fail
	mu     sync.Mutex
	taken  []string
	told   []string
	ids    map[string]string // the id of an item's event by sku/sequence
	last   map[string]int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, nil), ids: map[string]string{}, last: map[string]int64{}}
	w.broken.Store(true)
	broker := bustest.New(t)
	owner := shard.NewOwner(w.db, "test", shard.Log(quiet))
	options := inbox.Options{
		Log: quiet, MaxAttempts: 2, RetryDelay: time.Millisecond, ParkedPoll: 10 * time.Millisecond, ParkAfter: 1, WaitDelay: time.Millisecond,
	}
	relay := outbox.NewRelay(w.db, broker, owner, outbox.Options{Log: quiet})
	w.run(owner.Run)
	w.run(relay.Run)
	for _, subscription := range w.subscriptions() {
		w.run(inbox.NewConsumer(w.db, broker, owner, subscription, options).Run)
	}
	w.client = deliveryv1.NewDeliveryServiceClient(w.serve("operations"))
	return w
}

func (w *world) subscriptions() []inbox.Subscription {
	return []inbox.Subscription{
		{Consumer: "test-items", Aggregates: []string{"masterdata.item"}, Effects: inbox.StayInside, Handle: w.take},
		{Consumer: "test-nodes", Aggregates: []string{"masterdata.node"}, Effects: inbox.CallOutside, Handle: w.mirror},
		{Consumer: "test-letters", Aggregates: []string{"delivery.message", "delivery.gap"}, Effects: inbox.StayInside, Handle: w.hear},
	}
}

func (w *world) run(work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) serve(caller string) *grpc.ClientConn {
	w.t.Helper()
	server, err := rpc.NewServer(rpc.ServerConfig{StopTimeout: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	delivery.NewService(map[string]delivery.Taker{"test": {DB: w.db, Subscriptions: w.subscriptions()}}).Register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.run(func(ctx context.Context) error { return server.Serve(ctx, listener) })
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: listener.Addr().String(), Caller: caller})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// take is the effect of events of items.
func (w *world) take(_ context.Context, _ database.Transaction, batch []inbox.Message) error {
	for _, message := range batch {
		if strings.HasPrefix(message.Aggregate, "BAD") && w.broken.Load() {
			return inbox.Blame(errors.New("it cannot be understood"), message.ID)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, message := range batch {
		w.taken = append(w.taken, fmt.Sprint(message.Aggregate, "/", message.Sequence, "/", message.ID))
	}
	return nil
}

// hear takes down what is told of dead letters.
func (w *world) hear(_ context.Context, _ database.Transaction, batch []inbox.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, message := range batch {
		text := fmt.Sprint(message.Sequence, " ")
		switch event := message.Payload.(type) {
		case *deliveryv1.MessageDeadLettered:
			text += "dead " + event.GetService() + " " + event.GetConsumer() + " " + event.GetAggregate() + ": " + event.GetError()
		case *deliveryv1.MessageRetried:
			text += "retried by " + event.GetActor() + ": " + event.GetReason()
		case *deliveryv1.MessageSkipped:
			text += "skipped by " + event.GetActor() + ": " + event.GetReason()
		case *deliveryv1.GapSkipped:
			text += fmt.Sprint("gap ", event.GetConsumer(), " ", event.GetAggregate(), " ", event.GetFirstSequence(), "-", event.GetLastSequence(), " by ", event.GetActor(), ": ", event.GetReason())
		case *deliveryv1.MessageReplayed:
			text += fmt.Sprint("replayed ", event.GetConsumer(), " ", event.GetAggregate(), "/", event.GetSequence(), " by ", event.GetActor(), ": ", event.GetReason())
		}
		if !slices.Contains(w.told, text) { // the test database runs a transaction twice
			w.told = append(w.told, text)
		}
	}
	return nil
}

// tell publishes the next event of items.
func (w *world) tell(skus ...string) {
	w.t.Helper()
	_, err := database.Tx(w.t.Context(), w.db, "tell", func(tx database.Transaction) (struct{}, error) {
		next := map[string]int64{}
		for _, sku := range skus {
			next[sku] = max(next[sku], w.last[sku]) + 1
			event := id.New()
			w.ids[fmt.Sprint(sku, "/", next[sku])] = id.Format(id.Event, event)
			err := outbox.Add(w.t.Context(), tx, outbox.Event{
				ID: event, Aggregate: sku, Sequence: next[sku], Shard: shard.Of(sku), CorrelationID: "req-1",
				Payload: &masterdatav1.ItemChanged{Sku: sku, Item: &masterdatav1.Item{Sku: sku, Description: "a thing"}},
			})
			if err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, sku := range skus {
		w.last[sku]++
	}
}

func (w *world) eventually(what string, done func() bool) {
	w.t.Helper()
	late := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-late:
			w.t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (w *world) letters(request *deliveryv1.ListDeadLettersRequest) []*deliveryv1.DeadLetter {
	w.t.Helper()
	request.Service = "test"
	reply, err := w.client.ListDeadLetters(w.t.Context(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetDeadLetters()
}

func (w *world) hasTaken(sku string, sequence int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.taken, fmt.Sprint(sku, "/", sequence, "/", w.ids[fmt.Sprint(sku, "/", sequence)]))
}

func (w *world) hasHeard(texts ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Equal(w.told, texts)
}

// What cannot be handled is shown with all that is needed to understand it, waits for a decision that is kept and told, and keeps
// its id when it is handed in again.
func TestRetry(t *testing.T) {
	w := newWorld(t)
	w.tell("BAD", "GOOD", "BAD")
	w.eventually("the first is a dead letter and the second waits", func() bool {
		reply, err := w.client.ListParked(t.Context(), &deliveryv1.ListParkedRequest{Service: "test"})
		return err == nil && len(w.letters(&deliveryv1.ListDeadLettersRequest{})) == 1 && len(reply.GetEvents()) == 1 &&
			reply.GetEvents()[0].GetEventId() == w.ids["BAD/2"] && w.hasTaken("GOOD", 1)
	})
	dead := "dead test test-items masterdata.item/BAD: transaction inbox_test_items: it cannot be understood"
	w.eventually("it is told", func() bool { return w.hasHeard("1 " + dead) })
	shown, err := w.client.GetDeadLetter(t.Context(), &deliveryv1.GetDeadLetterRequest{Service: "test", Consumer: "test-items", EventId: w.ids["BAD/1"]})
	if err != nil {
		t.Fatal(err)
	}
	got := shown.GetDeadLetter()
	if !strings.Contains(shown.GetPayloadJson(), "a thing") || shown.GetParked() != 1 || len(shown.GetPayload()) == 0 ||
		got.GetAttempts() != 2 || got.GetSchema() != "waybill.masterdata.v1.ItemChanged" || got.GetEventType() != "waybill.masterdata.item.changed.v1" ||
		got.GetAggregate() != "masterdata.item/BAD" || got.GetSequence() != 1 || got.GetCorrelationId() != "req-1" ||
		got.GetState() != deliveryv1.DeadLetterState_DEAD_LETTER_STATE_OPEN || got.GetError() != "transaction inbox_test_items: it cannot be understood" {
		t.Fatalf("shown as %v", shown)
	}
	request := &deliveryv1.RetryDeadLetterRequest{
		RequestId: "r1", Service: "test", Consumer: "test-items", EventId: w.ids["BAD/1"], Reason: "try", Actor: "ann",
	}
	retry := func() *deliveryv1.DeadLetter {
		t.Helper()
		reply, err := w.client.RetryDeadLetter(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetDeadLetter()
	}
	if letter := retry(); letter.GetState() != deliveryv1.DeadLetterState_DEAD_LETTER_STATE_RETRIED || letter.GetResolvedBy() != "ann" || letter.GetReason() != "try" {
		t.Errorf("retried: %v", letter)
	}
	w.eventually("it fails again", func() bool {
		return w.hasHeard("1 "+dead, "2 retried by ann: try", "3 "+dead) && len(w.letters(&deliveryv1.ListDeadLettersRequest{})) == 1
	})
	w.broken.Store(false)
	retry() // the same command once more: it has had its effect
	if open := w.letters(&deliveryv1.ListDeadLettersRequest{}); len(open) != 1 {
		t.Fatalf("a repeat had an effect: %v", open)
	}
	request.RequestId, request.Reason = "r2", "it is mended"
	retry()
	w.eventually("both are taken under their ids", func() bool { return w.hasTaken("BAD", 1) && w.hasTaken("BAD", 2) })
	w.eventually("it is told", func() bool {
		return w.hasHeard("1 "+dead, "2 retried by ann: try", "3 "+dead, "4 retried by ann: it is mended")
	})
	request.RequestId = "r3"
	if _, err := w.client.RetryDeadLetter(t.Context(), request); fault.ReasonOf(err) != "DEAD_LETTER_RESOLVED" {
		t.Errorf("again: %v", err)
	}
	if done := w.letters(&deliveryv1.ListDeadLettersRequest{State: deliveryv1.DeadLetterState_DEAD_LETTER_STATE_RETRIED}); len(done) != 1 || done[0].GetResolvedAt() == nil {
		t.Errorf("the retried: %v", done)
	}
}

func TestSkip(t *testing.T) {
	w := newWorld(t)
	w.tell("BAD", "BAD")
	w.eventually("it is a dead letter", func() bool { return len(w.letters(&deliveryv1.ListDeadLettersRequest{})) == 1 })
	w.broken.Store(false)
	reply, err := w.client.SkipDeadLetter(t.Context(), &deliveryv1.SkipDeadLetterRequest{
		RequestId: "s1", Service: "test", Consumer: "test-items", EventId: w.ids["BAD/1"], Reason: "nobody needs it", Actor: "ann",
	})
	if err != nil || reply.GetDeadLetter().GetState() != deliveryv1.DeadLetterState_DEAD_LETTER_STATE_SKIPPED {
		t.Fatalf("%v, %v", reply, err)
	}
	w.eventually("the next is taken", func() bool { return w.hasTaken("BAD", 2) })
	if w.hasTaken("BAD", 1) {
		t.Error("what was skipped was taken")
	}
	w.eventually("it is told", func() bool {
		return w.hasHeard("1 dead test test-items masterdata.item/BAD: transaction inbox_test_items: it cannot be understood", "2 skipped by ann: nobody needs it")
	})
}

// Pages and filters give each dead letter once, the last one put away first.
func TestListPages(t *testing.T) {
	w := newWorld(t)
	w.tell("BAD-1", "BAD-2", "BAD-3", "BAD-4", "BAD-5")
	w.eventually("all are dead letters", func() bool { return len(w.letters(&deliveryv1.ListDeadLettersRequest{})) == 5 })
	whole := w.letters(&deliveryv1.ListDeadLettersRequest{})
	request := &deliveryv1.ListDeadLettersRequest{Service: "test", PageSize: 2}
	var paged []*deliveryv1.DeadLetter
	for {
		reply, err := w.client.ListDeadLetters(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		paged = append(paged, reply.GetDeadLetters()...)
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if !slices.EqualFunc(whole, paged, func(a, b *deliveryv1.DeadLetter) bool { return proto.Equal(a, b) }) {
		t.Errorf("paged %v, whole %v", paged, whole)
	}
	if !slices.IsSortedFunc(whole, func(a, b *deliveryv1.DeadLetter) int {
		return b.GetFailedAt().AsTime().Compare(a.GetFailedAt().AsTime())
	}) {
		t.Errorf("not the last one first: %v", whole)
	}
	middle := whole[2].GetFailedAt()
	before := w.letters(&deliveryv1.ListDeadLettersRequest{FailedBefore: middle})
	from := w.letters(&deliveryv1.ListDeadLettersRequest{FailedFrom: middle, FailedBefore: timestamppb.New(middle.AsTime().Add(time.Microsecond))})
	if len(before) > 2 || len(from) == 0 || len(w.letters(&deliveryv1.ListDeadLettersRequest{EventType: "other"})) != 0 ||
		len(w.letters(&deliveryv1.ListDeadLettersRequest{Consumer: "test-letters"})) != 0 {
		t.Errorf("before the middle %d, at it %d", len(before), len(from))
	}
	for token, reason := range map[string]string{"x": "PAGE_TOKEN_INVALID"} {
		_, err := w.client.ListDeadLetters(t.Context(), &deliveryv1.ListDeadLettersRequest{Service: "test", PageToken: token})
		if fault.ReasonOf(err) != reason {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// Only operations may ask, and only for services that are here.
func TestWhoMayAsk(t *testing.T) {
	w := newWorld(t)
	for _, caller := range []string{"billing", "gateway", "operator"} {
		other := deliveryv1.NewDeliveryServiceClient(w.serve(caller))
		if _, err := other.ListDeadLetters(t.Context(), &deliveryv1.ListDeadLettersRequest{Service: "test"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: %v", caller, err)
		}
	}
	if _, err := w.client.ListDeadLetters(t.Context(), &deliveryv1.ListDeadLettersRequest{Service: "billing"}); fault.ReasonOf(err) != "SERVICE_UNKNOWN" {
		t.Errorf("another service: %v", err)
	}
	_, err := w.client.RetryDeadLetter(t.Context(), &deliveryv1.RetryDeadLetterRequest{
		RequestId: "r", Service: "test", Consumer: "test-items", EventId: "evt", Reason: "r", Actor: "a",
	})
	if fault.ReasonOf(err) != "DEAD_LETTER_NOT_FOUND" {
		t.Errorf("none: %v", err)
	}
}
