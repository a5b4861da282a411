package billing

import (
	"slices"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestWriteOffSettles(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1") // 1200
	w.paid(paymentOf("p", 200, onto(invoice, 0)))
	off := func(key string, amount int64) (*billingv1.WriteOffInvoiceResponse, error) {
		return w.service.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{
			RequestId: key, InvoiceId: invoice.GetInvoiceId(), AmountMinor: amount, Reason: "insolvent",
		})
	}
	if _, err := off("w-0", 1001); fault.ReasonOf(err) != "EXCEEDS_BALANCE_DUE" {
		t.Errorf("more than is owed: %v", err)
	}
	for range 2 {
		if reply, err := off("w-1", 400); err != nil || reply.GetWrittenOffMinor() != 400 || reply.GetInvoice().GetBalanceDue().GetMinorUnits() != 600 {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.wantState(invoice, "PARTIALLY_PAID", 600)
	if reply, err := off("w-2", 0); err != nil || reply.GetWrittenOffMinor() != 600 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.holds()
	w.wantState(invoice, "WRITTEN_OFF", 0)
	w.wantCredit("ACME", 0, 0, 0)
	if got := w.posting(); !slices.Equal(got[len(got)-2:], []string{"BAD_DEBT//600/0", "RECEIVABLE/ACME/0/600"}) {
		t.Errorf("posted %v", got)
	}
	if w.told("billing.invoice.written_off") != 2 || w.told("billing.invoice.paid") != 1 {
		t.Error("two write-offs, and settled once")
	}
	if _, err := off("w-3", 0); fault.ReasonOf(err) != "EXCEEDS_BALANCE_DUE" {
		t.Errorf("of nothing: %v", err)
	}
	_, err := w.service.WriteOffInvoice(as(t, "SHOP"), &billingv1.WriteOffInvoiceRequest{RequestId: "w", InvoiceId: invoice.GetInvoiceId(), Reason: "no"})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("a partner gives up what it owes: %v", err)
	}
}
