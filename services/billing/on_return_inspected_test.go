package billing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Three of ten come back: they are credited at the price and tax of the invoice, less the fee, under a number of its own
// series; the journal turns the invoice's back, and the invoice owes less.
func TestReturnIsCreditedAtTheOriginalPriceAndTaxLessTheFee(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	order := priced("ACME", "0.999", "5")
	order.TaxJurisdiction = "US-XX"
	charge(order, discount, -100)
	invoice := w.billed(order)
	w.account("ACME", func(account *masterdataAccount) { account.EstimatedTaxRate, account.Version = "0.5", 2 })
	back := returned(invoice, 1, 3)
	back.ReturnDocument.Lines[0].RestockingFeeBp = 1000
	posted := len(w.posting())
	w.inspect(back)
	memo := w.memos(1)[0]
	gbp := func(minor int64) *commonv1.Money { return &commonv1.Money{CurrencyCode: "GBP", MinorUnits: minor} }
	// The line was 999 less 17 of the discount; its taxes 59 and 12. Three tenths: 294.6, 17.7 and 3.6.
	want := &billingv1.CreditMemo{
		CreditMemoId: memo.GetCreditMemoId(), CreditMemoNumber: "CM-MAIN-00000001", ReturnId: back.GetReturnId(), OrderId: order.GetOrderId(),
		PartnerId: "SHOP", AccountId: "ACME", BillToAccountId: "ACME", LegalEntity: "MAIN", NetTotal: gbp(295 - 30), TaxTotal: gbp(22),
		Total: gbp(287), Unapplied: gbp(0), Reason: "too small", IssuedAt: memo.GetIssuedAt(), JournalId: memo.GetJournalId(),
		State: billingv1.CreditMemoState_CREDIT_MEMO_STATE_ISSUED, ExchangeRate: "1", BaseTotal: gbp(287),
		Applications: []*billingv1.CreditApplication{{InvoiceId: invoice.GetInvoiceId(), AmountMinor: 287}},
		Lines: []*billingv1.CreditMemoLine{{
			Position: 1, InvoiceId: invoice.GetInvoiceId(), InvoicePosition: 1, ShipmentLineId: invoice.GetLines()[0].GetShipmentLineId(),
			Sku: "ITEM-1", Description: "an item", Quantity: "3", Unit: "EA", NetAmountMinor: 295, FeeMinor: 30, TaxAmountMinor: 22,
			Taxes: []*commonv1.TaxAmount{
				{Jurisdiction: "US-XX-0", Name: "tax", Rate: "0.06", AmountMinor: 18},
				{Jurisdiction: "US-XX-1", Name: "tax", Rate: "0.0125", AmountMinor: 4},
			},
		}},
	}
	if diff := cmp.Diff(want, memo, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	wantPosting := []string{
		"REVENUE_GOODS//295/0", "TAX_PAYABLE/US-XX-0/18/0", "TAX_PAYABLE/US-XX-1/4/0", "RECEIVABLE/ACME/0/287", "RESTOCKING_FEES//0/30",
	}
	if diff := cmp.Diff(wantPosting, w.posting()[posted:]); diff != "" {
		t.Error(diff)
	}
	after := w.invoice(invoice.GetInvoiceId())
	owed := invoice.GetTotal().GetMinorUnits() - 287
	if after.GetBalanceDue().GetMinorUnits() != owed || after.GetLines()[0].GetCreditedQuantity() != "3" || after.GetState() != billingv1.InvoiceState_INVOICE_STATE_PARTIALLY_PAID {
		t.Errorf("the invoice after it: %v", after)
	}
	w.wantCredit("ACME", owed, 0, 0)
	if w.told("billing.credit_memo.issued") != 1 || w.told("billing.invoice.paid") != 0 {
		t.Error("one credit memo was issued, and no invoice settled")
	}
}

// A return says how much is to be credited of each line from its beginning. However often it is told, and in however many
// inspections, each unit is credited once; the last one settles the invoice to the cent.
func TestReturnToldTwiceIsCreditedOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("0.333")
	first := returned(invoice, 1, 3)
	second := proto.CloneOf(first)
	second.ReturnDocument.Lines[0].Credited = 7
	last := proto.CloneOf(first)
	last.ReturnDocument.Lines[0].Credited = 12 // two more than were invoiced
	w.inspect(first, first, second)
	for i, quantity := range []string{"4", "3"} {
		if got := w.memos(2)[i].GetLines()[0].GetQuantity(); got != quantity {
			t.Errorf("memo %d is of %s, want %s", i, got, quantity)
		}
	}
	if err := w.deliver(w.service.onReturnInspected, first, second, second, last); err != nil {
		t.Fatal(err)
	}
	w.inspect(last, second)
	var total int64
	for _, memo := range w.memos(3) {
		total += memo.GetTotal().GetMinorUnits()
	}
	if total != invoice.GetTotal().GetMinorUnits() {
		t.Errorf("%d credited of %v", total, invoice.GetTotal())
	}
	if after := w.invoice(invoice.GetInvoiceId()); after.GetState() != billingv1.InvoiceState_INVOICE_STATE_CREDITED || w.told("billing.invoice.paid") != 1 {
		t.Errorf("the invoice after it: %v", after)
	}
	w.wantCredit("ACME", 0, 0, 0)
}

// A service has no goods that could come back: what is to be credited of it is credited when it is authorised.
func TestReturnedServiceIsCreditedWhenAuthorized(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	order := priced("ACME", "10")
	order.Lines[0].Service = true
	back := returned(w.billed(order), 1, 4)
	back.ReturnDocument.Lines[0].Service = true
	authorized := &fulfillmentv1.ReturnAuthorized{ReturnId: back.GetReturnId(), ReturnDocument: back.GetReturnDocument()}
	if err := w.deliver(w.service.onReturnInspected, authorized, &fulfillmentv1.ReturnReceived{}); err != nil {
		t.Fatal(err)
	}
	w.inspect(back)
	if got := memoTotals(w.memos(1)[0]); got != "4000 + 800 = 4800, 0 unapplied" {
		t.Errorf("four of ten: %s", got)
	}
}

// What comes back before its shipment has, or before its invoice is issued, waits; what was never billed is not credited.
func TestReturnWaitsForItsInvoice(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	shipment := shipped(order, 1, 10, 1, 2)
	shipment.Shipment.Lines[1].Unplanned = true
	stray := shipped(order, 1, 1)
	stray.Shipment.Lines[0].Unplanned = true
	lines := func(of *fulfillmentv1.ShipmentShipped) *billingv1.Invoice {
		invoice := &billingv1.Invoice{OrderId: order.GetOrderId(), PartnerId: "SHOP", AccountId: "ACME"}
		for _, line := range of.GetShipment().GetLines() {
			invoice.Lines = append(invoice.Lines, &billingv1.InvoiceLine{ShipmentLineId: line.GetShipmentLineId()})
		}
		return invoice
	}
	back, strayBack := returned(lines(shipment), 1, 4, 2, 2), returned(lines(stray), 1, 1)
	for _, early := range []*fulfillmentv1.ReturnInspected{back, strayBack} {
		if err := w.deliver(w.service.onReturnInspected, early); fault.ReasonOf(err) != "INVOICE_UNKNOWN" || !fault.Retryable(err) {
			t.Fatalf("before the shipment: %v", err)
		}
	}
	w.ship(shipment, stray)
	if err := w.deliver(w.service.onReturnInspected, back); fault.ReasonOf(err) != "INVOICE_PENDING" || !fault.Retryable(err) {
		t.Fatalf("before the invoice is issued: %v", err)
	}
	w.run(w.service)
	w.allIssued(1)
	w.inspect(back, strayBack)
	if memo := w.memos(1)[0]; len(memo.GetLines()) != 1 || memo.GetTotal().GetMinorUnits() != 4800 {
		t.Errorf("the unplanned units were credited: %v", memo)
	}
}

// A blind return names no invoice: it is credited to its account's bill-to at the agreed price, taxed by the engine, and
// stays open credit.
func TestBlindReturnIsCreditedAtItsAgreedPrice(t *testing.T) {
	w := newWorld(t)
	w.account("BRANCH", func(account *masterdataAccount) {
		account.BillToAccountId, account.TaxJurisdiction, account.Rounding = "ACME", "GB", "HALF_EVEN"
	})
	w.engine.setDown(true)
	w.run(w.service)
	blind := returned(&billingv1.Invoice{PartnerId: "SHOP", AccountId: "BRANCH", Lines: []*billingv1.InvoiceLine{{}}}, 1, 25)
	blind.ReturnDocument.Blind, blind.ReturnDocument.CurrencyCode = true, "GBP"
	line := blind.ReturnDocument.Lines[0]
	line.Sku, line.BaseUnit, line.Scale, line.AgreedUnitPrice, line.TaxClass = "ITEM-9", "KG", 1, "0.85", "standard"
	if err := w.deliver(w.service.onReturnInspected, proto.CloneOf(blind), &fulfillmentv1.ReturnInspected{ReturnDocument: blind.ReturnDocument}); err != nil {
		t.Fatal(err)
	}
	w.account("ACME", nil)
	w.eventually("the memo waits", func() bool { return w.count("credit_memo_pending WHERE reason = 'TAX_UNAVAILABLE'") == 1 })
	w.wantCredit("ACME", 0, 0, 0)
	w.engine.setDown(false)
	memo := w.memos(1)[0]
	if got := memoTotals(memo); got != "212 + 42 = 254, 254 unapplied" { // 2.125 to the even penny
		t.Errorf("2.5 kg at 0.85: %s", got)
	}
	if memo.GetAccountId() != "BRANCH" || memo.GetBillToAccountId() != "ACME" || memo.GetOrderId() != "" || memo.GetLines()[0].GetInvoiceId() != "" || memo.GetLines()[0].GetQuantity() != "2.5" {
		t.Errorf("memo %v", memo)
	}
	status, err := w.service.GetCreditStatus(t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "ACME"})
	if err != nil || status.GetStatus().GetOpenCreditsMinor() != 254 || status.GetStatus().GetExposureMinor() != -254 {
		t.Errorf("status %v, %v", status, err)
	}
}

// A delivery counts once in the exposure on all its way: ordered, shipped, waiting for its tax, invoiced, credited.
func TestCreditCountsADeliveryOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.CreditLimitMinor = 12_000 })
	exposure := func(want int64) {
		t.Helper()
		reply, err := w.service.GetCreditStatus(t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "ACME"})
		if got := reply.GetStatus().GetExposureMinor(); err != nil || got != want {
			t.Errorf("exposure %d, %v, want %d", got, err, want)
		}
	}
	order := priced("ACME", "10")
	if reasons := w.claim(claimOf("k", order)); reasons[0] != "" {
		t.Fatal(reasons)
	}
	exposure(12_000)
	w.engine.setDown(true)
	w.ship(shipped(order, 1, 10))
	exposure(12_000)
	w.run(w.service)
	w.eventually("the tax is deferred", func() bool { return w.count("invoice WHERE counted") == 1 })
	exposure(12_000)
	w.engine.setDown(false)
	invoice := w.allIssued(1)[0]
	exposure(12_000)
	w.inspect(returned(invoice, 1, 5))
	w.memos(1)
	exposure(6000)
	if reasons := w.claim(claimOf("next", priced("ACME", "5.01")), claimOf("fits", priced("ACME", "5"))); reasons[0] != "CREDIT_LIMIT" || reasons[1] != "" {
		t.Errorf("after half of it was credited: %v", reasons)
	}
}
