package operations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
)

// taker is a neighbour's memory of what it took. Its writes are made in the transaction, so a rehearsal leaves nothing.
type taker struct {
	mu     sync.Mutex
	tricky bool // events of holds fail
	deaf   bool // all events fail
	*neighbour
}

func (w *world) newTaker(name string, effects inbox.Effects) *taker {
	w.t.Helper()
	k := &taker{}
	k.neighbour = w.newNeighbourThat(name, effects, k.take)
	if _, err := k.db.Pool().Exec(w.t.Context(), `CREATE TABLE taken (event TEXT PRIMARY KEY, aggregate TEXT NOT NULL, sequence INT8 NOT NULL)`); err != nil {
		w.t.Fatal(err)
	}
	return k
}

func (k *taker) take(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, message := range batch {
		if k.deaf {
			return inbox.Blame(errors.New("nothing is heard"), message.ID)
		}
		if _, held := message.Payload.(*orderv1.OrderHeld); held && k.tricky {
			return inbox.Blame(errors.New("holds are not understood"), message.ID)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO taken (event, aggregate, sequence) VALUES ($1, $2, $3)`, message.ID, message.Aggregate, message.Sequence); err != nil {
			return err
		}
	}
	return nil
}

// taken are the sequences that it took of an aggregate.
func (k *taker) taken(aggregate string) string {
	k.w.t.Helper()
	var found string
	err := k.db.Pool().QueryRow(k.w.t.Context(), `SELECT COALESCE(string_agg(sequence::TEXT, ' ' ORDER BY sequence), '') FROM taken WHERE aggregate = $1`, aggregate).Scan(&found)
	if err != nil {
		k.w.t.Fatal(err)
	}
	return found
}

// lost has the archive keep events of an order that no neighbour has heard of.
func (w *world) lost(order string) []bus.Event {
	w.t.Helper()
	today := func(event *bus.Event) {
		event.RecordedAt, event.CorrelationID = time.Now().UTC().Truncate(time.Microsecond), order
	}
	events := []bus.Event{
		w.event(&orderv1.OrderReceived{OrderId: order, Order: &orderv1.PricedOrder{PartnerId: "P1", ExternalOrderId: "N-" + order[len(order)-4:]}}, today),
		w.event(held(order), today),
		w.event(&orderv1.OrderHoldReleased{OrderId: order}, today),
	}
	w.hear(events...)
	return events
}

func (w *world) replay(request *operationsv1.ReplayEventsRequest) *operationsv1.ReplayEventsResponse {
	w.t.Helper()
	return ok[*operationsv1.ReplayEventsResponse](w.t)(w.replays.ReplayEvents(w.t.Context(), request))
}

func replayed(reply *operationsv1.ReplayEventsResponse) string {
	var parts []string
	for _, e := range reply.GetEntries() {
		parts = append(parts, fmt.Sprint(e.GetConsumer(), " ", e.GetSequence(), " ", strings.TrimPrefix(e.GetOutcome().String(), "REPLAY_OUTCOME_")))
	}
	return strings.Join(parts, ", ")
}

// An operator sees what would become of an order's events that two services never heard of, then has them replayed: the one that
// calls nobody outside takes them, in order, once; the other one gets them when that is asked for. The order's timeline says so.
func TestReplayOfAnOrder(t *testing.T) {
	w := newWorld(t)
	inside, outside := w.newTaker("inside", inbox.StayInside), w.newTaker("outside", inbox.CallOutside)
	run(t, w.service.Run)
	order := newID(id.Order)
	w.lost(order)
	w.lost(newID(id.Order)) // another one stays out of it
	inside.tricky = true
	preview := w.replay(&operationsv1.ReplayEventsRequest{Order: order})
	if got := replayed(preview); got != "inside-orders 1 APPLIES, outside-orders 1 WITHHELD, inside-orders 2 APPLIES, outside-orders 2 WITHHELD, "+
		"inside-orders 3 APPLIES, outside-orders 3 WITHHELD" || preview.GetEvents() != 3 {
		t.Fatalf("a preview: %s", got)
	}
	var effects []string
	for _, e := range preview.GetEntries() {
		if e.GetConsumer() == "inside-orders" {
			effects = append(effects, fmt.Sprint(e.GetRehearsal() != nil, e.GetRehearsal().GetChangedRows(), e.GetRehearsal().GetError()))
		}
	}
	if !slices.Equal(effects, []string{"true 1", "true 0holds are not understood", "false 0"}) {
		t.Errorf("what it would do: %q", effects)
	}
	inside.mu.Lock()
	inside.tricky = false
	inside.mu.Unlock()
	perform := &operationsv1.ReplayEventsRequest{Order: order, Perform: true, Reason: "the backup was old", Actor: "ann"}
	done := w.replay(perform)
	var counts []string
	for _, count := range done.GetCounts() {
		counts = append(counts, fmt.Sprint(count.GetConsumer(), " ", count.GetCount(), " ", count.GetOutcome()))
	}
	if !slices.Equal(counts, []string{"inside-orders 3 REPLAY_OUTCOME_APPLIES", "outside-orders 3 REPLAY_OUTCOME_WITHHELD"}) {
		t.Errorf("counts: %q", counts)
	}
	eventually(t, "inside took them", func() bool { return inside.taken(order) == "1 2 3" })
	perform.OutsideCalls = true
	if got := replayed(w.replay(perform)); got != "inside-orders 1 IGNORED, outside-orders 1 APPLIES, inside-orders 2 IGNORED, outside-orders 2 APPLIES, "+
		"inside-orders 3 IGNORED, outside-orders 3 APPLIES" {
		t.Errorf("with outside calls: %s", got)
	}
	eventually(t, "outside took them", func() bool { return outside.taken(order) == "1 2 3" })
	eventually(t, "the timeline says so", func() bool {
		entries := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: order})).GetEntries()
		replays := 0
		for _, entry := range entries {
			if strings.HasSuffix(entry.GetSentence(), "was replayed from the archive: the backup was old") && entry.GetActor() == "ann" && entry.GetCausedBy() != "" {
				replays++
			}
		}
		return replays == 6
	})
	w.sound()
}

// Each filter chooses what it says, and pages give each event once.
func TestReplayFilters(t *testing.T) {
	w := newWorld(t)
	w.newTaker("inside", inbox.StayInside)
	first, second := newID(id.Order), newID(id.Order)
	events := append(w.lost(first), w.lost(second)...)
	of := func(aggregate string, sequences ...int64) (want []string) {
		for _, sequence := range sequences {
			want = append(want, fmt.Sprint(aggregate, "/", sequence))
		}
		return want
	}
	all := append(of(first, 1, 2, 3), of(second, 1, 2, 3)...)
	from := timestamppb.New(events[2].RecordedAt)
	heldType := "waybill.order.order.held.v1"
	for name, c := range map[string]struct {
		request *operationsv1.ReplayEventsRequest
		want    []string
	}{
		"an event":               {&operationsv1.ReplayEventsRequest{EventId: events[4].ID}, of(second, 2)},
		"an event, another type": {&operationsv1.ReplayEventsRequest{EventId: events[0].ID, EventTypes: []string{heldType}}, nil},
		"an aggregate":           {&operationsv1.ReplayEventsRequest{Aggregate: "order.order/" + second}, of(second, 1, 2, 3)},
		"types of an aggregate":  {&operationsv1.ReplayEventsRequest{Aggregate: "order.order/" + second, EventTypes: []string{heldType}}, of(second, 2)},
		"an order by its number": {&operationsv1.ReplayEventsRequest{Order: "N-" + first[len(first)-4:]}, of(first, 1, 2, 3)},
		"types":                  {&operationsv1.ReplayEventsRequest{EventTypes: []string{heldType}}, append(of(first, 2), of(second, 2)...)},
		"from":                   {&operationsv1.ReplayEventsRequest{RecordedFrom: from}, append(of(first, 3), of(second, 1, 2, 3)...)},
		"before":                 {&operationsv1.ReplayEventsRequest{EventTypes: []string{heldType}, RecordedBefore: from}, of(first, 2)},
		"from, of an order":      {&operationsv1.ReplayEventsRequest{Order: first, RecordedFrom: from}, of(first, 3)},
		"a consumer":             {&operationsv1.ReplayEventsRequest{Consumer: "inside-orders", RecordedFrom: timestamppb.New(start)}, all},
		"a service":              {&operationsv1.ReplayEventsRequest{Service: "inside", RecordedFrom: timestamppb.New(start)}, all},
		"by pages":               {&operationsv1.ReplayEventsRequest{RecordedFrom: timestamppb.New(start), PageSize: 1}, all},
		"an order by pages":      {&operationsv1.ReplayEventsRequest{Order: first, PageSize: 2}, of(first, 1, 2, 3)},
		"an aggregate by pages":  {&operationsv1.ReplayEventsRequest{Aggregate: "order.order/" + first, PageSize: 2}, of(first, 1, 2, 3)},
	} {
		var got []string
		for {
			reply := w.replay(c.request)
			for _, e := range reply.GetEntries() {
				got = append(got, strings.TrimPrefix(e.GetAggregate(), "order.order/")+fmt.Sprint("/", e.GetSequence()))
			}
			if size := int(c.request.GetPageSize()); size > 0 && len(reply.GetEntries()) > size {
				t.Errorf("%s: a page of %d", name, len(reply.GetEntries()))
			}
			if c.request.PageToken = reply.GetNextPageToken(); c.request.GetPageToken() == "" {
				break
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A call looks at so many events and no more: what is rare in a long range comes on a later page.
func TestReplayLooksAtSoManyEvents(t *testing.T) {
	w := newWorld(t)
	w.newTaker("inside", inbox.StayInside)
	for range maxSegments {
		w.tell(&inventoryv1.StockMoved{StockKey: "A:B"})
	}
	w.lost(newID(id.Order))
	request := &operationsv1.ReplayEventsRequest{RecordedFrom: timestamppb.New(start)}
	reply := w.replay(request)
	if reply.GetEvents() != 0 || reply.GetNextPageToken() == "" {
		t.Fatalf("the first page: %v", reply)
	}
	request.PageToken = reply.GetNextPageToken()
	if reply = w.replay(request); reply.GetEvents() != 3 || reply.GetNextPageToken() != "" {
		t.Errorf("the second page: %v", reply)
	}
}

// A filter that says nothing, or what cannot be, is refused, and the field is named.
func TestReplayRefuses(t *testing.T) {
	w := newWorld(t)
	w.newTaker("inside", inbox.StayInside)
	order := newID(id.Order)
	w.lost(order)
	now, before := timestamppb.Now(), timestamppb.New(time.Now().Add(-time.Hour))
	for reason, c := range map[string]struct {
		request *operationsv1.ReplayEventsRequest
		field   string
	}{
		"FILTER_REQUIRED":    {&operationsv1.ReplayEventsRequest{Service: "inside", Consumer: "inside-orders"}, "recorded_from"},
		"FILTER_CONFLICT":    {&operationsv1.ReplayEventsRequest{Aggregate: "order.order/" + order, Order: order}, "order"},
		"RANGE_EMPTY":        {&operationsv1.ReplayEventsRequest{RecordedFrom: now, RecordedBefore: before}, "recorded_before"},
		"EVENT_ID_INVALID":   {&operationsv1.ReplayEventsRequest{EventId: "evt_1' OR 1=1"}, "event_id"},
		"AGGREGATE_INVALID":  {&operationsv1.ReplayEventsRequest{Aggregate: order}, "aggregate"},
		"INVALID_REQUEST":    {&operationsv1.ReplayEventsRequest{Aggregate: "order.order/\x00"}, "aggregate"},
		"KIND_NOT_TAKEN":     {&operationsv1.ReplayEventsRequest{Aggregate: "order.nothing/1"}, "aggregate"},
		"TIME_INVALID":       {&operationsv1.ReplayEventsRequest{RecordedFrom: &timestamppb.Timestamp{Seconds: 1 << 60}}, "recorded_from"},
		"REASON_REQUIRED":    {&operationsv1.ReplayEventsRequest{Order: order, Perform: true, Reason: " "}, "reason"},
		"CONSUMER_UNKNOWN":   {&operationsv1.ReplayEventsRequest{Order: order, Consumer: "inside-nothing"}, "consumer"},
		"SERVICE_UNKNOWN":    {&operationsv1.ReplayEventsRequest{Order: order, Service: "nobody"}, ""},
		"NOT_FOUND":          {&operationsv1.ReplayEventsRequest{Order: newID(id.Order)}, ""},
		"PAGE_TOKEN_INVALID": {&operationsv1.ReplayEventsRequest{Order: order, PageToken: "x"}, "page_token"},
	} {
		_, err := w.replays.ReplayEvents(t.Context(), c.request)
		refusal, ok := fault.As(err)
		if !ok || refusal.Reason != reason || c.field != "" && (len(refusal.Fields) != 1 || refusal.Fields[0].Path != c.field) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for _, request := range []*operationsv1.ReplayEventsRequest{
		{EventTypes: []string{"'; DROP TABLE archived_event"}}, {Order: order, PageSize: 201}, {Order: order, PageSize: -1},
		{Aggregate: "order.order/" + strings.Repeat("x", 300)},
	} {
		if _, err := w.replays.ReplayEvents(t.Context(), request); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", request, err)
		}
	}
	other := operationsv1.NewReplayServiceClient(w.serve("gateway"))
	if _, err := other.ReplayEvents(t.Context(), &operationsv1.ReplayEventsRequest{Order: order}); fault.KindOf(err) != fault.Denied {
		t.Errorf("a partner: %v", err)
	}
}

// halfway is a service that says what it takes, and then does not answer.
type halfway struct {
	deliveryv1.UnimplementedDeliveryServiceServer
}

func (halfway) ListConsumers(context.Context, *deliveryv1.ListConsumersRequest) (*deliveryv1.ListConsumersResponse, error) {
	return &deliveryv1.ListConsumersResponse{Consumers: []*deliveryv1.Consumer{
		{Service: "halfway", Consumer: "halfway-orders", AggregateKinds: []string{"order.order"}},
	}}, nil
}

func (halfway) ReplayEvents(context.Context, *deliveryv1.ReplayEventsRequest) (*deliveryv1.ReplayEventsResponse, error) {
	return nil, fault.New(fault.Unavailable, "UNAVAILABLE", "away")
}

// Services that do not answer are named, and keep the others from nothing. Of one that is asked for, the error comes back.
func TestReplayWithoutAnAnswer(t *testing.T) {
	w := newWorld(t)
	inside := w.newTaker("inside", inbox.StayInside)
	for name, server := range map[string]deliveryv1.DeliveryServiceServer{"away": gone{}, "halfway": halfway{}} {
		w.service.deliveries[name] = deliveryv1.NewDeliveryServiceClient(serveTo(t, "operations", func(on grpc.ServiceRegistrar) {
			deliveryv1.RegisterDeliveryServiceServer(on, server)
		}))
	}
	order := newID(id.Order)
	w.lost(order)
	request := &operationsv1.ReplayEventsRequest{Order: order, Perform: true, Reason: "lost"}
	reply := w.replay(request)
	if !slices.Equal(reply.GetUnanswered(), []string{"away", "halfway"}) || len(reply.GetEntries()) != 3 {
		t.Errorf("of all: %v", reply)
	}
	eventually(t, "it took them", func() bool { return inside.taken(order) == "1 2 3" })
	request.Service = "halfway"
	if _, err := w.replays.ReplayEvents(t.Context(), request); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("alone: %v", err)
	}
}

// A preview writes nothing, here or there.
func TestReplayPreviewWritesNothing(t *testing.T) {
	w := newWorld(t)
	inside := w.newTaker("inside", inbox.StayInside)
	order := newID(id.Order)
	w.lost(order)
	before := dump(t, w.service, order)
	preview := w.replay(&operationsv1.ReplayEventsRequest{RecordedFrom: timestamppb.New(start), OutsideCalls: true})
	if len(preview.GetEntries()) != 3 || !proto.Equal(preview, w.replay(&operationsv1.ReplayEventsRequest{RecordedFrom: timestamppb.New(start), OutsideCalls: true})) {
		t.Errorf("twice the same: %v", preview)
	}
	var parked int
	err := inside.db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM inbox_parked) + (SELECT count(*) FROM inbox_cursor) + (SELECT count(*) FROM outbox)`).Scan(&parked)
	if err != nil || parked != 0 || inside.taken(order) != "" || dump(t, w.service, order) != before {
		t.Errorf("%d rows of a preview (%v), taken %q", parked, err, inside.taken(order))
	}
}
