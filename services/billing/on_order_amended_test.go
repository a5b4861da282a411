package billing

import (
	"encoding/hex"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/reconcile/reconciletest"
)

func (w *world) listed(account, billTo string) int {
	w.t.Helper()
	reply, err := w.service.ListInvoices(w.t.Context(), &billingv1.ListInvoicesRequest{AccountId: account, BillToAccountId: billTo})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(reply.GetInvoices())
}

// amended is the next revision of an order, changed and priced anew.
func amended(order *orderv1.PricedOrder, change func(*orderv1.PricedOrder)) *orderv1.PricedOrder {
	next := proto.CloneOf(order)
	next.Revision++
	change(next)
	return respread(reprice(next))
}

func moreOf(line int, quantity int64) func(*orderv1.PricedOrder) {
	return func(order *orderv1.PricedOrder) { order.Lines[line-1].Quantity += quantity }
}

// An order is amended after a part of it has shipped: more of it is claimed anew and invoiced at the same price, with the
// charges of the whole.
func TestAmendmentAfterAPartHasShipped(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := charge(priced("ACME", "10", "5"), freight, 300)
	w.granted(order)
	w.ship(shipped(order, 1, 10))
	more := amended(order, func(next *orderv1.PricedOrder) {
		moreOf(1, 5)(next)
		next.Lines[1].UnitPrice = "6" // nothing of it has moved
		next.Lines = append(next.Lines, proto.CloneOf(next.Lines[1]))
		next.Lines[2].LineNumber = 3
	})
	if reasons := w.claim(claimOf("amend", more)); reasons[0] != "" {
		t.Fatalf("refused: %v", reasons)
	}
	if err := w.deliver(w.service.onOrderAmended, &orderv1.OrderAmended{OrderId: order.GetOrderId(), Order: more}); err != nil {
		t.Fatal(err)
	}
	w.run(w.service)
	w.ship(shipped(order, 1, 5, 2, 10), shipped(order, 3, 10))
	invoices := w.allIssued(3)
	if got := charged(invoices)[freight]; got != 300 {
		t.Errorf("%d of the freight is invoiced", got)
	}
	var owed, net int64
	for _, invoice := range invoices {
		owed += invoice.GetTotal().GetMinorUnits()
		net += invoice.GetNetTotal().GetMinorUnits()
	}
	if net != 15_000+6000+6000+300 {
		t.Errorf("invoiced %d before tax", net)
	}
	w.wantCredit("ACME", owed, 0, 0)
}

// The order did not take the change for which credit was claimed: the claim and the prices from before count again.
func TestUndoneAmendmentBringsBackWhatItReplaced(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.CreditLimitMinor = 200_000 })
	order := priced("ACME", "10", "5")
	w.granted(order)
	w.ship(shipped(order, 1, 4))
	next := amended(order, func(next *orderv1.PricedOrder) {
		moreOf(1, 90)(next)
		next.Lines[1].UnitPrice = "7"
	})
	if reasons := w.claim(claimOf("too much", amended(order, moreOf(1, 900)))); reasons[0] != "CREDIT_LIMIT" {
		t.Fatalf("beyond the limit: %v", reasons)
	}
	if reasons := w.claim(claimOf("amend", next)); reasons[0] != "" {
		t.Fatalf("refused: %v", reasons)
	}
	w.ship(shipped(order, 1, 2))
	undo := &billingv1.CreditRelease{Key: "undo", OrderId: order.GetOrderId(), ClaimKey: "amend"}
	if released := w.release(undo)[0]; released != 108_000+2400 {
		t.Errorf("given back %d", released)
	}
	if released := w.release(undo)[0]; released != 108_000+2400 {
		t.Errorf("a repeat says %d", released)
	}
	w.wantCredit("ACME", 0, 0, 12_000+6000)
	w.holds()
	w.run(w.service)
	w.ship(shipped(order, 1, 4, 2, 10))
	invoices := w.allIssued(3)
	if got := totals(invoices[0]); got != "9000 + 1800 = 10800 GBP" {
		t.Errorf("after the amendment was undone: %s", got)
	}
	w.wantCredit("ACME", 18_000, 0, 0)
	// The same revision may be tried again.
	if reasons := w.claim(claimOf("amend again", amended(order, moreOf(2, 1)))); reasons[0] != "" {
		t.Errorf("refused: %v", reasons)
	}
	w.wantCredit("ACME", 18_000, 0, 600)
}

// What a warehouse shipped more is booked by the order without a claim: the event brings the revision.
func TestAutomaticAmendmentComesByItsEvent(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order, unknown := priced("ACME", "10"), priced("ACME", "10")
	w.granted(order)
	w.ship(shipped(order, 1, 12))
	grown := &orderv1.OrderAmended{OrderId: order.GetOrderId(), Order: amended(order, moreOf(1, 2)), Actor: "waybill"}
	early := &orderv1.OrderAmended{OrderId: unknown.GetOrderId(), Order: unknown}
	if err := w.deliver(w.service.onOrderAmended, grown, early); fault.ReasonOf(err) != "ORDER_UNKNOWN" || !fault.Retryable(err) {
		t.Fatalf("error %v, want ORDER_UNKNOWN that says later", err)
	}
	for range 2 {
		if err := w.deliver(w.service.onOrderAmended, grown); err != nil {
			t.Fatal(err)
		}
	}
	w.wantSnapshot(order, grown.GetOrder())
	stale := &orderv1.OrderAmended{OrderId: order.GetOrderId(), Order: order}
	if err := w.deliver(w.service.onOrderAmended, stale); err != nil {
		t.Fatal(err)
	}
	w.wantSnapshot(order, grown.GetOrder())
	w.run(w.service)
	w.allIssued(1)
	w.wantCredit("ACME", 14_400, 0, 0)
}

func (w *world) wantSnapshot(order, want *orderv1.PricedOrder) {
	w.t.Helper()
	held := reconcile.Entry{Key: reconcile.Key{Subject: order.GetOrderId()}, Value: hex.EncodeToString(want.GetSnapshotHash())}
	if !slices.Contains(reconciletest.Read(w.t, w.db, Figures(), "billing.snapshot"), held) {
		w.t.Errorf("billing does not hold revision %d", want.GetRevision())
	}
}
