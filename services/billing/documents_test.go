package billing

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

func (w *world) sent(request, channel, reference string, invoice *billingv1.Invoice) (*billingv1.Invoice, error) {
	w.t.Helper()
	reply, err := w.service.RecordInvoiceDelivery(w.t.Context(), &billingv1.RecordInvoiceDeliveryRequest{
		RequestId: request, InvoiceId: invoice.GetInvoiceId(), Channel: channel, Reference: reference,
	})
	return reply.GetInvoice(), err
}

// An invoice that was sent says how; the same way again is no news, and what is paid of it afterwards shows all the same.
func TestInvoiceIsSent(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1")
	for _, step := range []struct{ request, channel, reference string }{
		{"1", "EDI", "000000042"}, {"1", "EDI", "000000042"}, {"2", "EDI", "000000042"}, {"3", "EMAIL", ""},
	} {
		if _, err := w.sent(step.request, step.channel, step.reference, invoice); err != nil {
			t.Fatal(err)
		}
	}
	w.wantState(invoice, "SENT", 1_200)
	got := w.invoice(invoice.GetInvoiceId())
	if all := got.GetDeliveries(); len(all) != 2 || all[0].GetReference() != "000000042" || got.GetSentAt().AsTime() != all[0].GetSentAt().AsTime() {
		t.Errorf("deliveries %v, first sent at %v", all, got.GetSentAt().AsTime())
	}
	if w.told("billing.invoice.sent") != 2 {
		t.Errorf("told %d times, want once for each way", w.told("billing.invoice.sent"))
	}
	w.paid(paymentOf("p", 200, onto(invoice, 0)))
	w.wantState(invoice, "PARTIALLY_PAID", 1_000)
	w.paid(paymentOf("q", 1_000, onto(invoice, 0)))
	w.wantState(invoice, "PAID", 0)
	for _, at := range []time.Time{time.Now().Add(time.Hour), time.Now().Add(-24 * time.Hour)} {
		_, err := w.service.RecordInvoiceDelivery(t.Context(), &billingv1.RecordInvoiceDeliveryRequest{
			RequestId: at.String(), InvoiceId: invoice.GetInvoiceId(), Channel: "POST", SentAt: timestamppb.New(at),
		})
		if fault.ReasonOf(err) != "TIME_INVALID" {
			t.Errorf("sent at %v: %v", at, err)
		}
	}
}

// A discarded draft is not issued and stays shipped and not invoiced; however often its shipment is told, there is no second
// invoice. Drafted anew it is issued. What is issued cannot be discarded, what is not cannot have been sent.
func TestDiscardedInvoiceWaitsForItsRedraft(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "1")
	w.granted(order)
	shipment := shipped(order, 1, 10)
	w.ship(shipment)
	draft := w.invoices()[0]
	discard := &billingv1.DiscardInvoiceRequest{RequestId: "d", InvoiceId: draft.GetInvoiceId(), Reason: "no such jurisdiction"}
	for _, request := range []string{"d", "d", "e"} {
		discard.RequestId = request
		reply, err := w.service.DiscardInvoice(t.Context(), discard)
		if err != nil || reply.GetInvoice().GetDiscardReason() != "no such jurisdiction" || reply.GetInvoice().GetDiscardedBy() == "" {
			t.Fatalf("discarded: %v, %v", reply, err)
		}
	}
	w.run(w.service)
	w.ship(shipment)
	other := w.billed(priced("ACME", "1"))
	w.wantState(draft, "DISCARDED", 1_000)
	w.wantCredit("ACME", 1_200, 1_200, 0)
	w.holds()
	if _, err := w.sent("s", "EDI", "1", draft); fault.ReasonOf(err) != "INVOICE_PENDING" {
		t.Errorf("a draft was sent: %v", err)
	}
	sums, err := w.service.SummarizeInvoices(t.Context(), &billingv1.SummarizeInvoicesRequest{})
	if err != nil || len(sums.GetSums()) != 2 || sums.GetSums()[0].GetState() != billingv1.InvoiceState_INVOICE_STATE_DISCARDED {
		t.Errorf("sums %v, %v", sums, err)
	}
	for _, request := range []string{"r", "r", "r-2"} {
		_, err := w.service.RedraftInvoice(t.Context(), &billingv1.RedraftInvoiceRequest{RequestId: request, InvoiceId: draft.GetInvoiceId()})
		if err != nil && fault.ReasonOf(err) != "INVOICE_ISSUED" { // the last one may come late
			t.Fatal(err)
		}
	}
	w.allIssued(2)
	w.wantState(draft, "ISSUED", 1_200)
	w.wantCredit("ACME", 2_400, 0, 0)
	if w.told("billing.invoice.discarded") != 1 || w.told("billing.invoice.drafted") != 3 {
		t.Error("one of two drafts was discarded once and drafted anew")
	}
	discard.RequestId, discard.InvoiceId = "late", other.GetInvoiceId()
	if _, err := w.service.DiscardInvoice(t.Context(), discard); fault.ReasonOf(err) != "INVOICE_ISSUED" {
		t.Errorf("an issued invoice was discarded: %v", err)
	}
	discard.RequestId = "partner"
	if _, err := w.service.DiscardInvoice(as(t, "SHOP"), discard); fault.ReasonOf(err) != "INVOICE_NOT_FOUND" {
		t.Errorf("a partner discards: %v", err)
	}
	w.holds()
}

// A discarded credit memo gives back what it has taken of the invoice: it may be credited again, to the last unit and cent.
func TestDiscardedCreditMemoGivesItsPositionsBack(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	stop := w.run(w.service)
	_, invoice := w.delivered("0.333")
	stop()
	create := func(key, quantity string) *billingv1.CreditMemo {
		t.Helper()
		reply, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf(key, position(invoice, 1, quantity, 0)))
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetCreditMemo()
	}
	kept, gone := create("1", "3"), create("2", "7")
	if _, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf("3", position(invoice, 1, "1", 0))); fault.ReasonOf(err) != "EXCEEDS_INVOICED" {
		t.Fatalf("more than was invoiced is credited: %v", err)
	}
	discard := &billingv1.DiscardCreditMemoRequest{RequestId: "d", CreditMemoId: gone.GetCreditMemoId(), Reason: "typed wrong"}
	for _, request := range []string{"d", "d", "e"} {
		discard.RequestId = request
		reply, err := w.service.DiscardCreditMemo(t.Context(), discard)
		if err != nil || reply.GetCreditMemo().GetState() != billingv1.CreditMemoState_CREDIT_MEMO_STATE_DISCARDED ||
			reply.GetCreditMemo().GetDiscardReason() != "typed wrong" {
			t.Fatalf("discarded: %v, %v", reply, err)
		}
	}
	w.holds()
	create("4", "7")
	w.run(w.service)
	w.memos(2)
	w.wantState(invoice, "CREDITED", 0)
	if w.told("billing.credit_memo.discarded") != 1 {
		t.Error("it was discarded once")
	}
	for name, want := range map[string]string{kept.GetCreditMemoId(): "CREDIT_MEMO_ISSUED", id.Format(id.CreditMemo, id.New()): "CREDIT_MEMO_NOT_FOUND"} {
		discard.RequestId, discard.CreditMemoId = "late"+name, name
		if _, err := w.service.DiscardCreditMemo(t.Context(), discard); fault.ReasonOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w.holds()
}
