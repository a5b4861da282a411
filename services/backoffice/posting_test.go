package backoffice_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/sandbox"
)

// An order goes when it is accepted, then its new versions, then its invoices, then its credit memos.
func TestDocumentsOfAnOrderGoInOrder(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.publish(issued("inv_1", order), credited("crm_1", order)) // billing's events come first: they wait for the order
	w.until("both queued", func() bool { return w.queue().GetWaiting() == 2 })
	w.publish(received(order))
	w.publish(accepted(order), amended(order, 1))
	w.until("all posted", func() bool { return len(w.erp.documents()) == 4 })
	got := w.erp.documents()
	// The amendment may come after what waited for the order alone.
	if got[0] != order+"/0" || slices.Index(got, "inv_1") > slices.Index(got, "crm_1") || !slices.Contains(got, order+"/1") {
		t.Errorf("posted %v", got)
	}
	w.publish(credited("crm_alone", ""))
	w.posts(append(got, "crm_alone")...)
}

// An order that was never accepted is nobody's business.
func TestOnlyAcceptedOrdersGo(t *testing.T) {
	w := newWorld(t)
	no, yes := newOrder(), newOrder()
	w.publish(received(no), received(yes), rejected(no))
	w.publish(accepted(yes))
	w.posts(yes + "/0")
}

// An ERP that is away holds the queue up, is left alone, and gets everything once when it is back.
func TestOutage(t *testing.T) {
	w := newWorld(t)
	w.box.Set(sandbox.Dials{OutageUntil: time.Now().Add(time.Hour)})
	var want []string
	for range 250 {
		order := newOrder()
		want = append(want, order+"/0")
		w.publish(received(order), accepted(order))
	}
	w.until("all queued", func() bool { return w.queue().GetWaiting() == 250 })
	w.until("some tries", func() bool { return w.box.Usage().Calls > 5 })
	queue := w.queue()
	if len(w.erp.documents()) != 0 || queue.GetStuck() != 0 || queue.GetOldestSince() == nil {
		t.Errorf("while it is away the queue is %v", queue)
	}
	w.box.Reset()
	w.until("all posted", func() bool { return w.queue().GetWaiting() == 0 })
	got := w.erp.documents()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d documents in the ERP, want %d", len(got), len(want))
	}
}

// That the ERP is away and back is told to others, not only stored.
func TestOutageIsTold(t *testing.T) {
	w := newWorld(t)
	next := w.listen("outside.link")
	w.box.Set(sandbox.Dials{OutageUntil: time.Now().Add(time.Hour)})
	order := newOrder()
	w.publish(received(order), accepted(order))
	if event, ok := next().(*outsidev1.ConnectorDegraded); !ok || event.GetCaller() != "backoffice" {
		t.Errorf("first told: %v", event)
	}
	w.box.Reset()
	if event, ok := next().(*outsidev1.ConnectorRecovered); !ok || event.GetConnector() != "connector-erp" {
		t.Errorf("then told: %v", event)
	}
	w.posts(order + "/0")
}

// Answers that are lost are asked for, so that an ERP without keys has each document once all the same.
func TestLostRepliesAreAskedFor(t *testing.T) {
	w := newWorld(t)
	w.box.Set(sandbox.Dials{LostReplyBP: 5000, ErrorBP: 2000, Seed: 3})
	var want []string
	for i := range 60 {
		order := newOrder()
		want = append(want, order+"/0", fmt.Sprint("inv_", i))
		w.publish(received(order), accepted(order), issued(fmt.Sprint("inv_", i), order))
	}
	w.until("all posted", func() bool { return w.queue().GetWaiting() == 0 && len(w.erp.documents()) >= len(want) })
	got := w.erp.documents()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d documents in the ERP, want %d, each once", len(got), len(want))
	}
	if w.box.Usage().Failed == 0 {
		t.Error("nothing was lost")
	}
}

// A service that ends between the call and its record asks what became of it.
func TestCrashAfterPosting(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.crashPosting(received(order), accepted(order))
	w.posts(order + "/0")
}

// crashPosting tells events and ends the service when the ERP has posted the first document and the answer is on its way. Then the service
// starts again.
func (w *world) crashPosting(events ...proto.Message) {
	w.t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	w.erp.behave(func(c *careless) {
		c.fail = func([]string) error {
			c.fail = nil
			close(reached)
			<-release
			return nil
		}
	})
	w.publish(events...)
	<-reached
	go close(release)
	w.stop() // the document is posted, the answer is lost
	w.start()
}

// What the ERP refuses is stuck with its reason, holds up its own order and no other, and goes on when it is put back.
func TestRefusedDocumentsAreStuck(t *testing.T) {
	w := newWorld(t)
	bad, good := newOrder(), newOrder()
	w.erp.behave(func(c *careless) {
		c.refuse = func(document string) string {
			if strings.HasPrefix(document, bad) {
				return "PERIOD_CLOSED"
			}
			return ""
		}
	})
	w.publish(received(bad), accepted(bad), issued("inv_bad", bad), received(good), accepted(good), issued("inv_good", good))
	w.until("the good one is posted", func() bool { return len(w.erp.documents()) == 2 && w.queue().GetStuck() == 1 })
	if got := w.erp.documents(); !slices.Equal(got, []string{good + "/0", "inv_good"}) {
		t.Errorf("posted %v", got)
	}
	stuck, err := w.office.ListStuckPosts(t.Context(), &backofficev1.ListStuckPostsRequest{})
	if err != nil || len(stuck.GetPosts()) != 1 {
		t.Fatalf("stuck: %v %v", stuck, err)
	}
	if one := stuck.GetPosts()[0]; one.GetDocumentId() != bad+"/0" || one.GetReason() != "PERIOD_CLOSED" || one.GetAttempts() != 1 {
		t.Errorf("stuck: %v", one)
	}
	w.erp.behave(func(c *careless) { c.refuse = nil })
	for _, want := range []int64{1, 0} {
		reply, err := w.office.RetryPosts(t.Context(), &backofficev1.RetryPostsRequest{DocumentIds: []string{bad + "/0", good + "/0"}})
		if err != nil || reply.GetRetried() != want {
			t.Fatalf("retried %d, want %d: %v", reply.GetRetried(), want, err)
		}
	}
	w.posts(good+"/0", "inv_good", bad+"/0", "inv_bad")
}

// What an ERP answers may be no text that a database takes, no time, no reason, or nothing: it is understood as far as it can be, and holds
// up nobody else.
func TestNonsenseOfTheERPHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	closed, odd, silent, good := newOrder(), newOrder(), newOrder(), newOrder()
	said := false
	w.erp.behave(func(c *careless) {
		c.answer = func(document string) *erpv1.PostOutcome {
			switch document {
			case closed + "/0":
				return &erpv1.PostOutcome{Refusal: &commonv1.Refusal{Message: "closed\x00" + strings.Repeat("!", 8<<20)}}
			case odd + "/0":
				return &erpv1.PostOutcome{Posting: &erpv1.Posting{
					DocumentId: document, ErpNumber: "4\x007", PostedAt: &timestamppb.Timestamp{Seconds: math.MaxInt64},
				}}
			case silent + "/0":
				if !said {
					said = true
					return &erpv1.PostOutcome{}
				}
			}
			return nil
		}
	})
	for _, order := range []string{closed, odd, silent, good} {
		w.publish(received(order), accepted(order))
	}
	w.until("the others are posted", func() bool { return w.queue().GetStuck() == 1 && w.queue().GetWaiting() == 0 })
	if got := w.erp.documents(); len(got) != 2 || !slices.Contains(got, silent+"/0") || !slices.Contains(got, good+"/0") {
		t.Errorf("posted %v", got)
	}
	stuck, err := w.office.ListStuckPosts(t.Context(), &backofficev1.ListStuckPostsRequest{})
	if err != nil || len(stuck.GetPosts()) != 1 {
		t.Fatalf("stuck: %v %v", stuck, err)
	}
	if one := stuck.GetPosts()[0]; one.GetDocumentId() != closed+"/0" || one.GetReason() != "REFUSED" ||
		!strings.HasPrefix(one.GetMessage(), "closed!!!") || len(one.GetMessage()) != 2000 {
		t.Errorf("%s is stuck: %s, %d bytes", one.GetDocumentId(), one.GetReason(), len(one.GetMessage()))
	}
}

// A document that breaks the call with which it goes is found by halves, whether the ERP says what is wrong or not; the others go
// on.
func TestPoisonIsIsolated(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Invalid, fault.Internal} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			var orders []string
			for range 20 {
				orders = append(orders, newOrder())
			}
			poison := orders[7] + "/0"
			w.erp.behave(func(c *careless) {
				c.fail = func(documents []string) error {
					if slices.Contains(documents, poison) {
						return fault.New(kind, "BROKEN", "cannot read it")
					}
					return nil
				}
			})
			for _, order := range orders {
				w.publish(received(order), accepted(order))
			}
			w.until("the others are posted and the poison is stuck", func() bool {
				return len(w.erp.documents()) == len(orders)-1 && w.queue().GetStuck() == 1 && w.queue().GetWaiting() == 0
			})
			if slices.Contains(w.erp.documents(), poison) {
				t.Error("the poison is posted")
			}
			want := map[fault.Kind]string{fault.Invalid: "BROKEN", fault.Internal: "INTERNAL"}[kind] // what breaks has no reason of the ERP's
			stuck, err := w.office.ListStuckPosts(t.Context(), &backofficev1.ListStuckPostsRequest{})
			if err != nil || len(stuck.GetPosts()) != 1 || stuck.GetPosts()[0].GetReason() != want {
				t.Errorf("stuck, want the reason %s: %v %v", want, stuck, err)
			}
		})
	}
}
