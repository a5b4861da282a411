package operations

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// kept are all events of the archive, in its order.
func (w *world) kept() (events []bus.Event, segments int) {
	w.t.Helper()
	err := eachSegment(w.t.Context(), w.db.Pool(), func(segment store.Segment) error {
		segments++
		return unpack(segment.Content, nil, func(message inbox.Message) error {
			events = append(events, message.Event())
			return nil
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return events, segments
}

// Everything comes back as it travelled: types that nobody knows, payloads that nobody can read, more than one segment holds.
func TestArchiveKeepsWhatTravelled(t *testing.T) {
	w := newWorld(t)
	events := w.story("P1", "PO-7").events
	strange := w.event(&orderv1.OrderCompleted{OrderId: newID(id.Order)}, func(e *bus.Event) {
		e.Type, e.Schema, e.TraceParent = "waybill.order.order.imagined.v1", "waybill.order.v1.OrderImagined", "00-1-1-01"
	})
	events = append(events, strange)
	for range 3 {
		events = append(events, w.event(&orderv1.OrderCancelled{OrderId: newID(id.Order), Reason: strings.Repeat("long ", segmentBytes/5)}))
	}
	w.hear(events...)
	got, segments := w.kept()
	if diff := cmp.Diff(events, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if segments != 3 {
		t.Errorf("%d segments", segments)
	}
	w.sound()
}

// An event that cannot be handled is kept all the same, and told by its type.
func TestArchiveKeepsWhatCannotBeHandled(t *testing.T) {
	w := newWorld(t)
	s := w.story("P1", "PO-7")
	w.hear(s.events[0])
	torn := w.event(&orderv1.OrderCompleted{OrderId: s.order}, func(e *bus.Event) { e.Data, e.CorrelationID = []byte{0xff}, s.order })
	_, err := database.Tx(t.Context(), w.db, "aside", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, w.service.keepOnly(t.Context(), tx, inbox.Read(torn, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: s.order}))
	if entries := reply.GetEntries(); len(entries) != 2 || entries[1].GetSentence() != torn.Type || entries[1].GetEventId() != torn.ID {
		t.Errorf("got %v", entries)
	}
}

// What stands in a stream twice is told once, and counts once: not even a hold that was lifted meanwhile comes back.
func TestRepeatsCountOnce(t *testing.T) {
	w := newWorld(t)
	order := newID(id.Order)
	events := []bus.Event{w.event(held(order)), w.event(&orderv1.OrderHoldReleased{OrderId: order, Type: orderv1.HoldType_HOLD_TYPE_CREDIT})}
	w.hear(events[0], events[0])
	w.hear(events[0])
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 1 || open[0].GetCount() != 1 {
		t.Fatalf("open: %v", open)
	}
	w.hear(events[1])
	w.hear(events...)
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
	again := w.event(held(order))
	w.hear(again)
	w.hear(events[1]) // the end of what was, not of what is
	if open := w.exceptions(&operationsv1.ListExceptionsRequest{}); len(open) != 1 || open[0].GetCount() != 2 {
		t.Errorf("open: %v", open)
	}
	reply := ok[*operationsv1.GetTimelineResponse](t)(w.operator.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: order}))
	var told []string
	for _, entry := range reply.GetEntries() {
		told = append(told, entry.GetEventId())
	}
	if want := []string{events[0].ID, events[1].ID, again.ID}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// What has been kept long enough goes, the oldest first, with what leads to it; the rest stays.
func TestForgetLetsGoOfTheOldest(t *testing.T) {
	w := newWorld(t)
	old, young := w.story("P1", "PO-7"), w.story("P1", "PO-8")
	w.hear(old.events...)
	w.hear(young.events[:5]...)
	w.hear(young.events[5:]...)
	before := young.events[3].RecordedAt
	if gone := ok[int](t)(w.service.forgetBefore(t.Context(), before)); gone != 1 {
		t.Errorf("%d segments went", gone)
	}
	got, segments := w.kept()
	if len(got) != len(young.events) || segments != 2 {
		t.Errorf("%d events in %d segments are left", len(got), segments)
	}
	if left := ok[[]string](t)(store.Linked(t.Context(), w.db.Pool(), 1, []string{old.order, "#PO-7"})); len(left) != 0 {
		t.Errorf("still found: %v", left)
	}
	if gone := ok[int](t)(w.service.forgetBefore(t.Context(), w.now().Add(time.Hour))); gone != 2 {
		t.Errorf("%d segments went", gone)
	}
	w.sound()
}
