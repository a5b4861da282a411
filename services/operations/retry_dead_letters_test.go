package operations

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
)

func (w *world) retryAll(request *operationsv1.RetryDeadLettersRequest) (retries []*operationsv1.DeadLetterRetry) {
	w.t.Helper()
	for {
		reply := ok[*operationsv1.RetryDeadLettersResponse](w.t)(w.deadLetters.RetryDeadLetters(w.t.Context(), request))
		retries = append(retries, reply.GetRetries()...)
		if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
			return retries
		}
	}
}

// tally says what became of each, in short.
func tally(retries []*operationsv1.DeadLetterRetry) string {
	var lines []string
	for _, retry := range retries {
		line := fmt.Sprint(retry.GetDeadLetter().GetConsumer(), " ", strings.TrimPrefix(retry.GetOutcome().String(), "RETRY_OUTCOME_"))
		if tried := retry.GetRehearsal(); tried != nil {
			line += fmt.Sprint(" rows ", tried.GetChangedRows(), " ", tried.GetError())
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), ", ") + fmt.Sprint(" (", len(lines), ")")
}

// All dead letters that fit are previewed and then handed in at once, by pages: those of a consumer that calls outside systems only
// when that is asked for. A preview changes nothing and tells what would be now.
func TestRetryDeadLetters(t *testing.T) {
	w := newWorld(t)
	inside, outside := w.newTaker("inside", inbox.StayInside), w.newTaker("outside", inbox.CallOutside)
	hearing := func(hears bool) {
		for _, k := range []*taker{inside, outside} {
			k.mu.Lock()
			k.deaf = !hears
			k.mu.Unlock()
		}
	}
	hearing(false)
	orders := []string{newID(id.Order), newID(id.Order), newID(id.Order)}
	inside.publish(orders...)
	open := func() int { return len(w.letters(&operationsv1.ListDeadLettersRequest{}).GetDeadLetters()) }
	eventually(t, "all are put away", func() bool { return open() == 6 })

	preview := &operationsv1.RetryDeadLettersRequest{PageSize: 4}
	if got := tally(w.retryAll(preview)); got != "inside-orders RETRIED rows 0 nothing is heard, outside-orders WITHHELD (6)" {
		t.Errorf("a preview while it would fail: %s", got)
	}
	hearing(true)
	if got := tally(w.retryAll(preview)); got != "inside-orders RETRIED rows 1, outside-orders WITHHELD (6)" || open() != 6 || inside.taken(orders[0]) != "" {
		t.Errorf("a preview: %s, %d open", got, open())
	}
	for name, nothing := range map[string]*operationsv1.RetryDeadLettersRequest{
		"another type": {EventType: "waybill.order.order.held.v1"}, "later": {FailedFrom: timestamppb.New(time.Now().Add(time.Hour))},
		"earlier": {FailedBefore: timestamppb.New(start)}, "another consumer": {Consumer: "inside-nothing"},
	} {
		if got := w.retryAll(nothing); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for reason, wrong := range map[string]*operationsv1.RetryDeadLettersRequest{
		"REQUEST_ID_REQUIRED": {Perform: true, Reason: "mended"}, "REASON_REQUIRED": {Perform: true, RequestId: "r", Reason: " "},
		"SERVICE_UNKNOWN": {Service: "nobody"}, "PAGE_TOKEN_INVALID": {PageToken: "x"},
	} {
		if _, err := w.deadLetters.RetryDeadLetters(t.Context(), wrong); fault.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
	perform := &operationsv1.RetryDeadLettersRequest{RequestId: "r1", Perform: true, Reason: "mended", Actor: "ann", PageSize: 2}
	if got := tally(w.retryAll(perform)); got != "inside-orders RETRIED, outside-orders WITHHELD (6)" {
		t.Errorf("in earnest: %s", got)
	}
	eventually(t, "inside took them", func() bool { return inside.taken(orders[0])+inside.taken(orders[1])+inside.taken(orders[2]) == "111" })
	if outside.taken(orders[0]) != "" || open() != 3 {
		t.Errorf("%d are open, outside took %q", open(), outside.taken(orders[0]))
	}
	perform.OutsideCalls = true
	if got := tally(w.retryAll(perform)); got != "outside-orders RETRIED (3)" {
		t.Errorf("with outside calls: %s", got)
	}
	eventually(t, "outside took them", func() bool {
		return outside.taken(orders[0])+outside.taken(orders[1])+outside.taken(orders[2]) == "111" && open() == 0
	})
}

// What fails again is not handed in once more by the same command.
func TestRetryDeadLettersTwice(t *testing.T) {
	w := newWorld(t)
	inside := w.newTaker("inside", inbox.StayInside)
	inside.deaf = true
	inside.publish(newID(id.Order))
	letter := func() (failed time.Time) {
		for _, one := range w.letters(&operationsv1.ListDeadLettersRequest{}).GetDeadLetters() {
			failed = one.GetFailedAt().AsTime()
		}
		return failed
	}
	eventually(t, "it is put away", func() bool { return !letter().IsZero() })
	first := letter()
	perform := &operationsv1.RetryDeadLettersRequest{RequestId: "r1", Perform: true, Reason: "mended"}
	w.retryAll(perform)
	eventually(t, "it failed again", func() bool { return letter().After(first) })
	again := letter()
	if got := tally(w.retryAll(perform)); got != "inside-orders RETRIED (1)" {
		t.Errorf("a repeat: %s", got)
	}
	if !letter().Equal(again) || w.letters(&operationsv1.ListDeadLettersRequest{}).GetDeadLetters() == nil {
		t.Error("a repeat had an effect")
	}
}

// A gap that operators see among what is parked is gone past by their command.
func TestSkipGapForOperators(t *testing.T) {
	w := newWorld(t)
	inside := w.newTaker("inside", inbox.StayInside)
	order := newID(id.Order)
	events := w.lost(order)
	w.replay(&operationsv1.ReplayEventsRequest{EventId: events[2].ID, Perform: true, Reason: "the first two are gone"})
	parked := ok[*operationsv1.ListParkedResponse](t)(w.deadLetters.ListParked(t.Context(), &operationsv1.ListParkedRequest{})).GetEvents()
	if len(parked) != 1 || parked[0].GetEventId() != events[2].ID {
		t.Fatalf("parked: %v", parked)
	}
	reply := ok[*operationsv1.SkipGapResponse](t)(w.deadLetters.SkipGap(t.Context(), &operationsv1.SkipGapRequest{
		RequestId: "g", Service: parked[0].GetService(), Consumer: parked[0].GetConsumer(), Aggregate: parked[0].GetAggregate(), Reason: "gone",
	}))
	if reply.GetFirstSequence() != 1 || reply.GetLastSequence() != 2 {
		t.Errorf("skipped: %v", reply)
	}
	eventually(t, "it goes on", func() bool { return inside.taken(order) == "3" })
}
