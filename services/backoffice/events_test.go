package backoffice_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/sandbox"
)

// tale is what is told of documents, in the order of its coming.
type tale struct {
	w      *world
	next   func() bus.Event
	events []bus.Event
}

func (w *world) tale() *tale { return &tale{w: w, next: w.follow("backoffice.document")} }

// line is an event in short: its document, its number and what it says.
func (t *tale) line(event bus.Event) string {
	t.w.t.Helper()
	payload, err := event.Payload()
	if err != nil {
		t.w.t.Fatal(err)
	}
	text := fmt.Sprintf("%s %d: ", event.Aggregate, event.Sequence)
	switch told := payload.(type) {
	case *backofficev1.DocumentPosted:
		return text + fmt.Sprintf("posted %v of %s as %s at %d", told.GetKind(), told.GetOrderId(), told.GetErpNumber(), told.GetPostedAt().GetSeconds())
	case *backofficev1.DocumentRefused:
		return text + fmt.Sprintf("refused %v of %s: %s after %d", told.GetKind(), told.GetOrderId(), told.GetReason(), told.GetAttempts())
	case *backofficev1.DocumentRetried:
		return text + fmt.Sprintf("retried %v of %s by %s: %s (%s) [%s]", told.GetKind(), told.GetOrderId(), told.GetActor(), told.GetReason(), told.GetLostErpNumber(), told.GetExceptionId())
	default:
		return text + "?"
	}
}

// is waits for as many events as are wanted and compares them, by document and number. More must not have come with them.
func (t *tale) is(want ...string) {
	t.w.t.Helper()
	var got []string
	for len(got) < len(want) {
		event := t.next()
		if event.ID == "" {
			break
		}
		t.events = append(t.events, event)
		got = append(got, t.line(event))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.w.t.Fatalf("told:\n%q\nwant:\n%q", got, want)
	}
}

// Each document that the ERP has is told once, with its number there, and because of the event that queued it.
func TestWhatIsPostedIsTold(t *testing.T) {
	w := newWorld(t)
	tale := w.tale()
	order := newOrder()
	w.publish(received(order), accepted(order), issued("inv_1", order), credited("crm_1", ""))
	tale.is(
		order+"/0 1: posted DOCUMENT_KIND_ORDER of "+order+" as E-"+order+"/0 at 1",
		"inv_1 1: posted DOCUMENT_KIND_INVOICE of "+order+" as E-inv_1 at 1",
		"crm_1 1: posted DOCUMENT_KIND_CREDIT_MEMO of  as E-crm_1 at 1",
	)
	for _, event := range tale.events {
		want := order
		if event.Aggregate == "crm_1" {
			want = ""
		}
		if event.CorrelationID != want || event.CausationID == "" {
			t.Errorf("%s belongs to %q because of %q", event.Aggregate, event.CorrelationID, event.CausationID)
		}
	}
	w.publish(cancelled(order, buckets(1, 0, 10)))
	tale.is(order + "/closed 1: posted DOCUMENT_KIND_ORDER_CLOSURE of " + order + " as E-" + order + "/closed at 1")
}

// What the ERP refuses is told each time, who has it sent again and why too, and in the end that it is there: one after the other.
func TestWhatIsRefusedAndRetriedIsTold(t *testing.T) {
	w := newWorld(t)
	tale := w.tale()
	w.erp.behave(func(c *careless) { c.refuse = func(string) string { return "PERIOD_CLOSED" } })
	order := newOrder()
	w.publish(received(order), accepted(order))
	document := order + "/0"
	tale.is(document + " 1: refused DOCUMENT_KIND_ORDER of " + order + ": PERIOD_CLOSED after 1")
	retry := func(actor, reason string, want int64) {
		t.Helper()
		reply, err := w.office.RetryPosts(t.Context(), &backofficev1.RetryPostsRequest{
			DocumentIds: []string{document, "inv_none"}, Actor: actor, Reason: reason, ExceptionId: "exc_1",
		})
		if err != nil || reply.GetRetried() != want {
			t.Fatalf("retried %v, %v, want %d", reply, err, want)
		}
	}
	retry("ann", "it is open now", 1)
	tale.is(
		document+" 2: retried DOCUMENT_KIND_ORDER of "+order+" by ann: it is open now () [exc_1]",
		document+" 3: refused DOCUMENT_KIND_ORDER of "+order+": PERIOD_CLOSED after 2",
	)
	w.erp.behave(func(c *careless) { c.refuse = nil })
	retry("", "", 1)
	retry("", "what is not stuck is not told", 0)
	tale.is(
		document+" 4: retried DOCUMENT_KIND_ORDER of "+order+" by service:operator:  () [exc_1]",
		document+" 5: posted DOCUMENT_KIND_ORDER of "+order+" as E-"+document+" at 1",
	)
}

// A document whose answer was lost in a crash is told once, by the answer that was asked for: what comes next of it is its second event.
func TestWhatIsPostedInACrashIsToldOnce(t *testing.T) {
	w := newWorld(t)
	tale := w.tale()
	order := newOrder()
	w.crashPosting(received(order), accepted(order))
	document := order + "/0"
	posted := ": posted DOCUMENT_KIND_ORDER of " + order + " as E-" + document + " at 1"
	tale.is(document + " 1" + posted)
	if _, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{Documents: []*erpv1.ErpDocument{orderDocument(order)}}); err != nil {
		t.Fatal(err)
	}
	tale.is(document+" 2: retried DOCUMENT_KIND_ORDER of "+order+" by service:operations:  (E-"+document+") []", document+" 3"+posted)
	w.posts(document)
}

// However answers are lost, each document is told once.
func TestLostRepliesTellOnce(t *testing.T) {
	w := newWorld(t)
	tale := w.tale()
	w.box.Set(lossy())
	documents := map[string]int{}
	for i := range 40 {
		order := newOrder()
		documents[order+"/0"], documents[fmt.Sprint("inv_", i)] = 1, 1
		w.publish(received(order), accepted(order), issued(fmt.Sprint("inv_", i), order))
	}
	w.until("all posted", func() bool { return len(w.erp.documents()) == len(documents) && w.queue().GetWaiting() == 0 })
	for range len(documents) {
		event := tale.next()
		if documents[event.Aggregate]--; documents[event.Aggregate] != 0 || event.Sequence != 1 {
			t.Fatalf("%s is told for the %dth time, or is none", event.Aggregate, event.Sequence)
		}
	}
}

// A posting that the ERP lost is told to be sent again, with the number that it had, and to be there again; one that it has after all too.
// What was posted before anything was told begins with 1.
func TestLostPostingsAreTold(t *testing.T) {
	for _, test := range []struct {
		name  string
		first int
	}{{"told before", 2}, {"of before the change", 1}} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			tale := w.tale()
			order := newOrder()
			w.publish(received(order), accepted(order))
			document := order + "/0"
			tale.is(document + " 1: posted DOCUMENT_KIND_ORDER of " + order + " as E-" + document + " at 1")
			if test.first == 1 {
				if _, err := w.db.Pool().Exec(t.Context(), "UPDATE posted SET told = 0"); err != nil {
					t.Fatal(err)
				}
			}
			w.erp.behave(func(c *careless) { c.posted = nil })
			reply, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{
				Documents: []*erpv1.ErpDocument{orderDocument(order), invoiceDocument("inv_new", order)}, Reason: "it is not there", Actor: "bob",
			})
			if err != nil || reply.GetQueued() != 2 {
				t.Fatalf("%v, %v", reply, err)
			}
			tale.is(
				fmt.Sprintf("%s %d: retried DOCUMENT_KIND_ORDER of %s by bob: it is not there (E-%s) []", document, test.first, order, document),
				fmt.Sprintf("%s %d: posted DOCUMENT_KIND_ORDER of %s as E-%s at 1", document, test.first+1, order, document),
				"inv_new 1: posted DOCUMENT_KIND_INVOICE of "+order+" as E-inv_new at 1",
			)
			w.posts(document, "inv_new")
		})
	}
}

// Posts of before the change, stuck or waiting, begin with 1 and have no event to follow.
func TestPostsOfBeforeBeginWithOne(t *testing.T) {
	w := newWorld(t)
	w.box.Set(away())
	order := newOrder()
	w.publish(received(order), accepted(order), issued("inv_1", order))
	w.until("they wait", func() bool { return w.queue().GetWaiting() == 2 })
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE post SET told = 0, cause = '', state = CASE WHEN document_id = 'inv_1' THEN state ELSE 'STUCK' END"); err != nil {
		t.Fatal(err)
	}
	tale := w.tale()
	w.box.Reset()
	if _, err := w.office.RetryPosts(t.Context(), &backofficev1.RetryPostsRequest{DocumentIds: []string{order + "/0"}, Actor: "ann", Reason: "why not"}); err != nil {
		t.Fatal(err)
	}
	w.until("they are posted", func() bool { return w.queue().GetWaiting() == 0 && len(w.erp.documents()) == 2 })
	var sequences []string
	for range 3 {
		event := tale.next()
		sequences = append(sequences, fmt.Sprintf("%s %d %s%q", event.Aggregate, event.Sequence, event.Type, event.CausationID))
	}
	slices.Sort(sequences)
	want := []string{
		"inv_1 1 waybill.backoffice.document.posted.v1\"\"", order + "/0 1 waybill.backoffice.document.retried.v1\"\"",
		order + "/0 2 waybill.backoffice.document.posted.v1\"\"",
	}
	if slices.Sort(want); !slices.Equal(sequences, want) {
		t.Errorf("told %q, want %q", sequences, want)
	}
}

// A thousand stuck documents are put back by one call, each with its event.
func TestAThousandAreRetriedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.box.Set(away())
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprint("crm_", i)
	}
	_, err := w.db.Pool().Exec(t.Context(), `INSERT INTO post (document_id, order_id, position, shard, state, content, enqueued_at, attempt, reason, message)
		SELECT unnest($1::text[]), unnest($2::text[]), 1, 0, 'STUCK', '', now(), 1, 'NO', ''`, ids, ids)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := w.office.RetryPosts(t.Context(), &backofficev1.RetryPostsRequest{DocumentIds: ids, Reason: "all"})
	if err != nil || reply.GetRetried() != 1000 {
		t.Fatalf("%v, %v", reply, err)
	}
	tale := w.tale()
	told := map[string]bool{}
	for range ids {
		event := tale.next()
		if told[event.Aggregate] = true; event.Sequence != 1 || event.Type != "waybill.backoffice.document.retried.v1" {
			t.Fatalf("told: %s", tale.line(event))
		}
	}
	if len(told) != len(ids) {
		t.Errorf("%d documents are told of", len(told))
	}
}

// away and lossy are dials of an ERP that does not answer, and of one whose answers are lost.
func away() sandbox.Dials { return sandbox.Dials{OutageUntil: time.Now().Add(time.Hour)} }

func lossy() sandbox.Dials { return sandbox.Dials{LostReplyBP: 5000, ErrorBP: 2000, Seed: 3} }
