package backoffice_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func orderDocument(order string) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: order + "/0", OrderId: order, Content: &erpv1.ErpDocument_Order{
		Order: &orderv1.PricedOrder{OrderId: order, CurrencyCode: "GBP", NetTotalMinor: 100},
	}}
}

func invoiceDocument(invoice, order string) *erpv1.ErpDocument {
	return &erpv1.ErpDocument{DocumentId: invoice, OrderId: order, Content: &erpv1.ErpDocument_Invoice{
		Invoice: &billingv1.Invoice{InvoiceId: invoice, OrderId: order, IssuedAt: timestamppb.New(time.Unix(100, 0))},
	}}
}

// Documents that the ERP lost are posted again in their order; one that it has is asked for and not sent.
func TestLostDocumentsArePostedAgain(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	w.publish(received(order), accepted(order), issued("inv_1", order), issued("inv_2", order))
	w.until("all posted", func() bool { return len(w.erp.documents()) == 3 && w.queue().GetWaiting() == 0 })
	w.erp.behave(func(c *careless) {
		c.posted = slices.DeleteFunc(c.posted, func(document string) bool { return document != "inv_2" })
	})
	reply, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{Documents: []*erpv1.ErpDocument{
		invoiceDocument("inv_1", order), invoiceDocument("inv_2", order), orderDocument(order),
	}})
	if err != nil || reply.GetQueued() != 3 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.posts("inv_2", order+"/0", "inv_1")
}

// A stuck document is put back, and a repeat while it waits queues nothing.
func TestStuckDocumentsArePostedAgain(t *testing.T) {
	w := newWorld(t)
	w.erp.behave(func(c *careless) { c.refuse = func(string) string { return "PERIOD_CLOSED" } })
	order := newOrder()
	w.publish(received(order), accepted(order))
	w.until("it is stuck", func() bool { return w.queue().GetStuck() == 1 })
	w.erp.behave(func(c *careless) { c.refuse = nil })
	request := &backofficev1.PostAgainRequest{Documents: []*erpv1.ErpDocument{orderDocument(order)}}
	if reply, err := w.operations.PostAgain(t.Context(), request); err != nil || reply.GetQueued() != 1 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.posts(order + "/0")
}

func TestDocumentsAreWhatTheyAreCalled(t *testing.T) {
	w := newWorld(t)
	order := newOrder()
	wrong, other := invoiceDocument("inv_1", order), orderDocument(order)
	wrong.DocumentId, other.OrderId = "inv_2", newOrder()
	for _, documents := range [][]*erpv1.ErpDocument{{wrong}, {other}, {orderDocument(order), orderDocument(order)}} {
		_, err := w.operations.PostAgain(t.Context(), &backofficev1.PostAgainRequest{Documents: documents})
		if fault.ReasonOf(err) != "DOCUMENT_INVALID" {
			t.Errorf("%v: %v", documents, err)
		}
	}
}
