package backoffice_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// buckets is a line of ten, of which so many are shipped and cancelled; the rest waits.
func buckets(line int32, shipped, cancelled int64) *orderv1.LineBuckets {
	return &orderv1.LineBuckets{
		LineNumber: line, Ordered: 10, Shipped: shipped, Invoiced: shipped, Cancelled: cancelled, Backordered: 10 - shipped - cancelled,
	}
}

func lineCancelled(order string, lines ...*orderv1.LineBuckets) proto.Message {
	return &orderv1.OrderLineCancelled{OrderId: order, Actor: "ann", Reason: "too many", Lines: lines}
}

func cancelled(order string, lines ...*orderv1.LineBuckets) proto.Message {
	return &orderv1.OrderCancelled{OrderId: order, Actor: "bob", Reason: "too late", Lines: lines}
}

func completed(order string, invoices int32, lines ...*orderv1.LineBuckets) proto.Message {
	return &orderv1.OrderCompleted{OrderId: order, Invoices: invoices, Lines: lines}
}

// What the ERP is told of quantities that will not be shipped, whether the events come in one set or one by one.
func TestWhatWillNotBeShippedIsTold(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		events func(order string) []proto.Message
		want   []string
	}{
		"cancelled": {func(o string) []proto.Message {
			return []proto.Message{received(o), accepted(o), cancelled(o, buckets(1, 0, 10))}
		}, []string{"/0", "/closed"}},
		"cancelled before it was accepted": {func(o string) []proto.Message {
			return []proto.Message{received(o), cancelled(o, buckets(1, 0, 10))}
		}, nil},
		"rejected": {func(o string) []proto.Message { return []proto.Message{received(o), rejected(o)} }, nil},
		"a part, and it goes on": {func(o string) []proto.Message {
			return []proto.Message{received(o), accepted(o), lineCancelled(o, buckets(1, 2, 3))}
		}, []string{"/0", "/reduced/3"}},
		"a part before it was accepted": {func(o string) []proto.Message {
			return []proto.Message{
				received(o), lineCancelled(o, buckets(1, 0, 3)), &orderv1.OrderAccepted{OrderId: o, Lines: []*orderv1.LineBuckets{buckets(1, 0, 3)}},
			}
		}, []string{"/0", "/reduced/3"}},
		"a part before it was rejected": {func(o string) []proto.Message {
			return []proto.Message{received(o), lineCancelled(o, buckets(1, 0, 3)), rejected(o)}
		}, nil},
		"a part, then the rest": {func(o string) []proto.Message {
			return []proto.Message{
				received(o), accepted(o), lineCancelled(o, buckets(1, 0, 3)), lineCancelled(o, buckets(1, 0, 4)), cancelled(o, buckets(1, 0, 10)),
			}
		}, []string{"/0", "/reduced/3", "/reduced/4", "/closed"}},
		"completed, all shipped": {func(o string) []proto.Message {
			return []proto.Message{received(o), accepted(o), completed(o, 0, buckets(1, 10, 0))}
		}, []string{"/0"}},
		"completed, not all shipped": {func(o string) []proto.Message {
			return []proto.Message{received(o), accepted(o), completed(o, 0, buckets(1, 10, 0), buckets(2, 9, 1))}
		}, []string{"/0", "/closed"}},
	} {
		for _, apart := range []bool{false, true} {
			t.Run(name+", apart "+strconv.FormatBool(apart), func(t *testing.T) {
				order := newOrder()
				events := test.events(order)
				if apart {
					w.publish(events[0])
					w.until("it is kept", func() bool { return w.drafts() == 1 })
					events = events[1:]
				}
				// The last event of the order that is told in any case says that all before it are read.
				w.publish(append(events, amended(order, 9))...)
				w.until("all are read", func() bool { return slices.Contains(w.erp.documents(), order+"/9") && w.queue().GetWaiting() == 0 })
				var got []string
				for _, document := range w.erp.documents() {
					if part, ours := strings.CutPrefix(document, order); ours && part != "/9" {
						got = append(got, part)
					}
				}
				slices.Sort(got)
				slices.Sort(test.want)
				if !slices.Equal(got, test.want) {
					t.Errorf("the ERP has %v, want %v", got, test.want)
				}
			})
		}
	}
}

func (w *world) drafts() (n int) {
	w.t.Helper()
	if err := w.db.Pool().QueryRow(w.t.Context(), `SELECT count(*) FROM draft`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// An order is closed after its last invoice, also when that is queued later, and before its credit memos.
func TestOrdersAreClosedAfterTheirInvoices(t *testing.T) {
	w := newWorld(t)
	order, other := newOrder(), newOrder()
	w.publish(received(order), accepted(order), lineCancelled(order, buckets(1, 8, 2)), completed(order, 2, buckets(1, 8, 2)))
	w.publish(received(other), accepted(other), cancelled(other, buckets(1, 0, 10)))
	w.until("only the closure waits", func() bool { return len(w.erp.documents()) == 4 && w.queue().GetWaiting() == 1 })
	w.publish(issued("inv_1", order), credited("crm_1", order))
	w.until("it waits for the second invoice, and the memo for it", func() bool {
		return slices.Contains(w.erp.documents(), "inv_1") && w.queue().GetWaiting() == 2
	})
	w.publish(issued("inv_2", order))
	w.until("all posted", func() bool { return w.queue().GetWaiting() == 0 })
	got := slices.DeleteFunc(w.erp.documents(), func(document string) bool { return document == other+"/0" || document == other+"/closed" })
	want := []string{order + "/0", order + "/reduced/3", "inv_1", "inv_2", order + "/closed", "crm_1"}
	if !slices.Equal(got, want) {
		t.Errorf("the ERP has %v, want %v", got, want)
	}
}

// The documents say who, why, and how much of each line.
func TestClosuresSayWhy(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.publish(received(order), accepted(order), lineCancelled(order, buckets(2, 4, 3)), cancelled(order, buckets(1, 0, 10), buckets(2, 4, 6)))
	w.posts(order+"/0", order+"/reduced/3", order+"/closed")
	line := func(number int32, shipped, not int64) *erpv1.LineClosure {
		return &erpv1.LineClosure{LineNumber: number, Ordered: 10, Shipped: shipped, NotToShip: not}
	}
	documents := w.erp.contents()
	reduced, closed := documents[order+"/reduced/3"], documents[order+"/closed"]
	for _, test := range []struct{ got, want *erpv1.ErpDocument }{
		{reduced, &erpv1.ErpDocument{DocumentId: order + "/reduced/3", OrderId: order, Content: &erpv1.ErpDocument_OrderReduction{
			OrderReduction: &erpv1.OrderReduction{
				OrderId: order, Number: 3, Actor: "ann", Reason: "too many", Lines: []*erpv1.LineClosure{line(2, 4, 3)},
				ReducedAt: reduced.GetOrderReduction().GetReducedAt(),
			},
		}}},
		{closed, &erpv1.ErpDocument{DocumentId: order + "/closed", OrderId: order, Content: &erpv1.ErpDocument_OrderClosure{
			OrderClosure: &erpv1.OrderClosure{
				OrderId: order, Actor: "bob", Reason: "too late", Lines: []*erpv1.LineClosure{line(1, 0, 10), line(2, 4, 6)},
				ClosedAt: closed.GetOrderClosure().GetClosedAt(),
			},
		}}},
	} {
		if diff := cmp.Diff(test.want, test.got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	if reduced.GetOrderReduction().GetReducedAt().AsTime().Year() < 2020 || closed.GetOrderClosure().GetClosedAt().AsTime().Year() < 2020 {
		t.Errorf("they do not say when: %v, %v", reduced, closed)
	}
}

// A closure that the ERP refuses is stuck with what comes after it; one that it lost is posted again, after its order and invoices.
func TestClosuresArePostedAgain(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.erp.behave(func(c *careless) {
		c.refuse = func(document string) string {
			return map[bool]string{true: "PERIOD_CLOSED"}[document == order+"/closed"]
		}
	})
	w.publish(received(order), accepted(order), issued("inv_1", order), completed(order, 1, buckets(1, 8, 2)))
	w.until("the closure is stuck", func() bool { return w.queue().GetStuck() == 1 })
	w.erp.behave(func(c *careless) { c.refuse = nil })
	again := &erpv1.ErpDocument{DocumentId: order + "/closed", OrderId: order, Content: &erpv1.ErpDocument_OrderClosure{
		OrderClosure: &erpv1.OrderClosure{OrderId: order, Invoices: 1},
	}}
	post := func(documents ...*erpv1.ErpDocument) error {
		_, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{Documents: documents})
		return err
	}
	if err := post(again); err != nil {
		t.Fatal(err)
	}
	w.posts(order+"/0", "inv_1", order+"/closed")
	w.erp.behave(func(c *careless) { c.posted = nil })
	if err := post(again, invoiceDocument("inv_1", order), orderDocument(order)); err != nil {
		t.Fatal(err)
	}
	w.posts(order+"/0", "inv_1", order+"/closed")
	named, about := proto.CloneOf(again), proto.CloneOf(again)
	named.DocumentId = newOrder() + "/closed"
	about.GetOrderClosure().OrderId = newOrder()
	for _, wrong := range []*erpv1.ErpDocument{named, about} {
		if err := post(wrong); fault.ReasonOf(err) != "DOCUMENT_INVALID" {
			t.Errorf("of another order: %v", err)
		}
	}
}

func writtenOff(journal, invoice, order string, amount int64) proto.Message {
	return &billingv1.InvoiceWrittenOff{
		InvoiceId: invoice, OrderId: order, AmountMinor: amount, Reason: "insolvent", JournalId: journal, CurrencyCode: "GBP",
	}
}

// What is given up of an invoice is told after the invoice, each time it happens, and can be posted again.
func TestWriteOffsAreTold(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.publish(issued("inv_1", order), writtenOff("jrn_1", "inv_1", order, 300))
	w.until("both are queued", func() bool { return w.queue().GetWaiting() == 2 })
	w.publish(received(order), accepted(order))
	w.posts(order+"/0", "inv_1", "jrn_1")
	w.publish(writtenOff("jrn_2", "inv_1", order, 200))
	w.posts(order+"/0", "inv_1", "jrn_1", "jrn_2")
	first := w.erp.contents()["jrn_1"]
	want := &erpv1.ErpDocument{DocumentId: "jrn_1", OrderId: order, Content: &erpv1.ErpDocument_WriteOff{WriteOff: &billingv1.WriteOff{
		JournalId: "jrn_1", InvoiceId: "inv_1", OrderId: order, Amount: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 300},
		Reason: "insolvent", WrittenOffAt: first.GetWriteOff().GetWrittenOffAt(),
	}}}
	if diff := cmp.Diff(want, first, protocmp.Transform()); diff != "" || first.GetWriteOff().GetWrittenOffAt().AsTime().Year() < 2020 {
		t.Errorf("%v %s", first, diff)
	}
	w.erp.behave(func(c *careless) {
		c.posted = slices.DeleteFunc(c.posted, func(document string) bool { return document == "jrn_1" })
	})
	if _, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{Documents: []*erpv1.ErpDocument{first}}); err != nil {
		t.Fatal(err)
	}
	w.posts(order+"/0", "inv_1", "jrn_2", "jrn_1")
}
