package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// mirror is the effect of events of nodes: an item of that name is told.
func (w *world) mirror(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	for _, message := range batch {
		sku := "AT-" + message.Aggregate
		err := outbox.Add(ctx, tx, outbox.Event{
			Aggregate: sku, Sequence: message.Sequence, Shard: shard.Of(sku), Payload: &masterdatav1.ItemChanged{Sku: sku},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// nodeEvents makes the events of a node, and publishes those with the given sequences: the others are lost.
func (w *world) nodeEvents(node string, count int64, published ...int64) []*deliveryv1.KeptEvent {
	w.t.Helper()
	var all []*deliveryv1.KeptEvent
	_, err := database.Tx(w.t.Context(), w.db, "tell", func(tx database.Transaction) (struct{}, error) {
		all = nil
		for sequence := range count {
			event := outbox.Event{
				ID: id.New(), Aggregate: node, Sequence: sequence + 1, Shard: shard.Of(node), Payload: &masterdatav1.NodeChanged{NodeId: node},
			}
			if slices.Contains(published, event.Sequence) {
				if err := outbox.Add(w.t.Context(), tx, event); err != nil {
					return struct{}{}, err
				}
			}
			data, err := proto.Marshal(event.Payload)
			if err != nil {
				return struct{}{}, err
			}
			envelope := bus.Event{
				ID: id.Format(id.Event, event.ID), Source: "/waybill/masterdata", Type: "waybill.masterdata.node.changed.v1",
				Schema: "waybill.masterdata.v1.NodeChanged", Aggregate: node, Sequence: event.Sequence, OccurredAt: time.Now(),
				RecordedAt: time.Now(), Data: data,
			}
			all = append(all, &deliveryv1.KeptEvent{Envelope: envelope.AppendEnvelope(nil), Shard: event.Shard})
		}
		return struct{}{}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// itemsOf are the sequences of what was taken of an item, in the order of the first time. The test database runs each transaction twice.
func (w *world) itemsOf(sku string) (sequences []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, taken := range w.taken {
		parts := strings.Split(taken, "/")
		if parts[0] == sku && !slices.Contains(sequences, parts[1]) {
			sequences = append(sequences, parts[1])
		}
	}
	return sequences
}

// dump is every row of the database but those of leases.
func (w *world) dump() string {
	w.t.Helper()
	var text strings.Builder
	for _, table := range []string{"outbox", "outbox_state", "inbox_cursor", "inbox_parked", "inbox_dead_letter", "idempotency"} {
		rows, err := w.db.Pool().Query(w.t.Context(), `SELECT t::TEXT FROM `+table+` AS t ORDER BY 1`)
		if err != nil {
			w.t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&text, table, strings.Join(lines, "\n"))
	}
	return text.String()
}

func outcomesOf(reply *deliveryv1.ReplayEventsResponse) string {
	var parts []string
	for _, entry := range reply.GetEntries() {
		parts = append(parts, fmt.Sprint(entry.GetConsumer(), entry.GetSequence(), strings.TrimPrefix(entry.GetOutcome().String(), "REPLAY_OUTCOME_")))
	}
	return strings.Join(parts, " ")
}

// An event that got lost on its way is replayed. The preview changes nothing and tells what replaying then does; without being
// asked to call outside systems nothing is done; in the end each event has had its effect once, in order, and the replay is told.
func TestReplayEvents(t *testing.T) {
	w := newWorld(t)
	events := w.nodeEvents("N1", 3, 1, 3)
	w.eventually("the third is parked", func() bool {
		reply, err := w.client.ListParked(t.Context(), &deliveryv1.ListParkedRequest{Service: "test"})
		return err == nil && len(reply.GetEvents()) == 1 && slices.Equal(w.itemsOf("AT-N1"), []string{"1"})
	})
	request := &deliveryv1.ReplayEventsRequest{Service: "test", Events: events, Reason: "lost", Actor: "ann"}
	replay := func() *deliveryv1.ReplayEventsResponse {
		t.Helper()
		reply, err := w.client.ReplayEvents(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	var before string
	w.eventually("all is told and taken", func() bool {
		before = w.dump()
		return strings.HasPrefix(before, "outbox \n") && strings.Contains(before, "(test-items,")
	})
	withheld := "test-nodes1IGNORED test-nodes2WITHHELD test-nodes3WITHHELD"
	if got := outcomesOf(replay()); got != withheld {
		t.Errorf("a preview: %s", got)
	}
	request.OutsideCalls = true
	preview := replay()
	if got := outcomesOf(preview); got != "test-nodes1IGNORED test-nodes2APPLIES test-nodes3APPLIES" {
		t.Errorf("a preview with outside calls: %s", got)
	}
	for _, entry := range preview.GetEntries() {
		tried := entry.GetRehearsal()
		if entry.GetSequence() == 1 {
			if tried != nil {
				t.Errorf("tried what is ignored: %v", tried)
			}
			continue
		}
		if tried.GetError() != "" || tried.GetAnnouncementCount() != 1 || tried.GetChangedRows() != 0 ||
			tried.GetAnnouncements()[0].GetAggregate() != "masterdata.item/AT-N1" ||
			tried.GetAnnouncements()[0].GetEventType() != "waybill.masterdata.item.changed.v1" {
			t.Errorf("%d would do %v", entry.GetSequence(), tried)
		}
	}
	request.OutsideCalls, request.Perform = false, true
	if got := outcomesOf(replay()); got != withheld {
		t.Errorf("without outside calls: %s", got)
	}
	if after := w.dump(); after != before {
		t.Fatalf("something has changed:\n%s\nbefore:\n%s", after, before)
	}
	request.OutsideCalls = true
	if got := outcomesOf(replay()); got != "test-nodes1IGNORED test-nodes2APPLIES test-nodes3APPLIES" {
		t.Errorf("in earnest: %s", got)
	}
	w.eventually("all have had their effect, in order", func() bool { return slices.Equal(w.itemsOf("AT-N1"), []string{"1", "2", "3"}) })
	w.eventually("it is told", func() bool { return w.hasHeard("1 replayed test-nodes masterdata.node/N1/2 by ann: lost") })
	if got := outcomesOf(replay()); got != "test-nodes1IGNORED test-nodes2IGNORED test-nodes3IGNORED" {
		t.Errorf("a repeat: %s", got)
	}
}

// Whoever may not ask, and what cannot be meant, is refused.
func TestReplayEventsRefuses(t *testing.T) {
	w := newWorld(t)
	events := w.nodeEvents("N1", 1)
	for name, c := range map[string]struct {
		request *deliveryv1.ReplayEventsRequest
		reason  string
	}{
		"another service":    {&deliveryv1.ReplayEventsRequest{Service: "billing", Events: events}, "SERVICE_UNKNOWN"},
		"another consumer":   {&deliveryv1.ReplayEventsRequest{Service: "test", Events: events, Consumers: []string{"test-nodes", "x"}}, "CONSUMER_UNKNOWN"},
		"what is no event":   {&deliveryv1.ReplayEventsRequest{Service: "test", Events: []*deliveryv1.KeptEvent{{Envelope: []byte("x")}}}, "EVENT_UNREADABLE"},
		"an event of no one": {&deliveryv1.ReplayEventsRequest{Service: "test", Events: []*deliveryv1.KeptEvent{{Envelope: bus.Event{ID: "e", Type: "waybill.a.b.c.v1"}.AppendEnvelope(nil)}}}, "EVENT_UNREADABLE"},
	} {
		if _, err := w.client.ReplayEvents(t.Context(), c.request); fault.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.client.ReplayEvents(t.Context(), &deliveryv1.ReplayEventsRequest{Service: "test"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nothing to replay: %v", err)
	}
	other := deliveryv1.NewDeliveryServiceClient(w.serve("operator"))
	if _, err := other.ReplayEvents(t.Context(), &deliveryv1.ReplayEventsRequest{Service: "test", Events: events}); fault.KindOf(err) != fault.Denied {
		t.Errorf("another caller: %v", err)
	}
	reply, err := w.client.ListConsumers(t.Context(), &deliveryv1.ListConsumersRequest{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range reply.GetConsumers() {
		got = append(got, fmt.Sprint(one.GetService(), " ", one.GetConsumer(), " ", one.GetAggregateKinds(), " ", one.GetCallsOutside()))
	}
	want := []string{"test test-items [masterdata.item] false", "test test-letters [delivery.message delivery.gap] false", "test test-nodes [masterdata.node] true"}
	if !slices.Equal(got, want) {
		t.Errorf("consumers %q", got)
	}
}
