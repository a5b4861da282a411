package billing

import (
	"slices"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

// A write-off is found by its journal, and named for the comparison with an ERP: one of before that was told, as not known.
func TestWriteOffsAreFoundAndCompared(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1")
	for i, amount := range []int64{400, 100} {
		_, err := w.service.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{
			RequestId: []string{"first", "second"}[i], InvoiceId: invoice.GetInvoiceId(), AmountMinor: amount, Reason: "insolvent",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	compared := reconciletest.Read(t, w.db, Figures(), "billing.write_offs")
	if len(compared) != 2 || compared[0].Value != "400" || compared[1].Value != "100" || compared[0].Order != invoice.GetOrderId() {
		t.Fatalf("compared %+v", compared)
	}
	reply, err := w.service.GetWriteOff(t.Context(), &billingv1.GetWriteOffRequest{JournalId: compared[0].Subject})
	off := reply.GetWriteOff()
	if err != nil || off.GetAmount().GetMinorUnits() != 400 || off.GetAmount().GetCurrencyCode() != invoice.GetTotal().GetCurrencyCode() ||
		off.GetInvoiceId() != invoice.GetInvoiceId() || off.GetOrderId() != invoice.GetOrderId() || off.GetReason() != "insolvent" ||
		off.GetJournalId() != compared[0].Subject || off.GetWrittenOffAt() == nil {
		t.Errorf("%v, %v", off, err)
	}
	for _, name := range []string{"jrn_1", id.Format(id.Journal, id.New())} {
		if _, err := w.service.GetWriteOff(t.Context(), &billingv1.GetWriteOffRequest{JournalId: name}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.db.Pool().Exec(t.Context(), `UPDATE write_off SET told = false WHERE amount_minor = 400`); err != nil {
		t.Fatal(err)
	}
	values := []string{}
	for _, entry := range reconciletest.Read(t, w.db, Figures(), "billing.write_offs") {
		values = append(values, entry.Value)
	}
	if !slices.Equal(values, []string{reconcile.Unknown, "100"}) {
		t.Errorf("of before: %v", values)
	}
}
