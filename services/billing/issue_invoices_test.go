package billing

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
)

func TestIssuedInvoice(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "34.835", "2.5") // 348.35 and 25.00
	order.Lines[1].Service = true
	order.TaxJurisdiction = "US-XX"
	w.granted(order)
	shipment := shipped(order, 1, 10, 2, 10)
	w.ship(shipment)
	w.run(w.service)
	invoice := w.allIssued(1)[0]

	issued := invoice.GetIssuedAt().AsTime()
	if due := issued.AddDate(0, 0, 30).Format(time.DateOnly); invoice.GetDueDate() != due {
		t.Errorf("due %s, want %s", invoice.GetDueDate(), due)
	}
	amount := func(minor int64) *commonv1.Money { return &commonv1.Money{CurrencyCode: "GBP", MinorUnits: minor} }
	want := &billingv1.Invoice{
		InvoiceId: invoice.GetInvoiceId(), InvoiceNumber: "INV-MAIN-00000001", State: billingv1.InvoiceState_INVOICE_STATE_ISSUED,
		OrderId: order.GetOrderId(), ShipmentId: shipment.GetShipmentId(), PartnerId: "SHOP", AccountId: "ACME", LegalEntity: "MAIN",
		ExternalOrderId: "PO-1", NetTotal: amount(37_335), TaxTotal: amount(2090 + 435 + 150 + 31), Total: amount(40_041),
		BalanceDue: amount(40_041), Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP, IssuedAt: invoice.GetIssuedAt(),
		BillToAccountId: "ACME", ExchangeRate: "1", BaseTotal: amount(40_041), ExchangeGain: amount(0), AppliedCash: amount(0), AppliedCredit: amount(0),
		WrittenOff: amount(0), TaxMode: commonv1.TaxMode_TAX_MODE_PER_LINE,
		DueDate: invoice.GetDueDate(), JournalId: invoice.GetJournalId(), ShipTo: &commonv1.Address{City: "Leeds"},
		Lines: []*billingv1.InvoiceLine{
			{
				Position: 1, ShipmentLineId: shipment.GetShipmentId() + "/1", LineNumber: 1, Sku: "ITEM-1", Description: "an item",
				Quantity: "10", Unit: "EA", UnitPrice: "34.835", PriceUnit: "EA", NetAmountMinor: 34_835, TaxAmountMinor: 2525, CreditedQuantity: "0",
				Taxes: []*commonv1.TaxAmount{
					{Jurisdiction: "US-XX-0", Name: "tax", Rate: "0.06", AmountMinor: 2090},
					{Jurisdiction: "US-XX-1", Name: "tax", Rate: "0.0125", AmountMinor: 435},
				},
			},
			{
				Position: 2, ShipmentLineId: shipment.GetShipmentId() + "/2", LineNumber: 2, Sku: "ITEM-2", Description: "an item",
				Quantity: "10", Unit: "EA", UnitPrice: "2.5", PriceUnit: "EA", NetAmountMinor: 2500, TaxAmountMinor: 181, CreditedQuantity: "0",
				Taxes: []*commonv1.TaxAmount{
					{Jurisdiction: "US-XX-0", Name: "tax", Rate: "0.06", AmountMinor: 150},
					{Jurisdiction: "US-XX-1", Name: "tax", Rate: "0.0125", AmountMinor: 31},
				},
			},
		},
	}
	if diff := cmp.Diff(want, invoice, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	w.wantCredit("ACME", 40_041, 0, 0)
	wantPosting := []string{
		"RECEIVABLE/ACME/40041/0", "REVENUE_GOODS//0/34835", "REVENUE_SERVICES//0/2500", "TAX_PAYABLE/US-XX-0/0/2240",
		"TAX_PAYABLE/US-XX-1/0/466",
	}
	if diff := cmp.Diff(wantPosting, w.posting()); diff != "" {
		t.Error(diff)
	}
	if got := w.told("billing.invoice.issued"); got != 1 {
		t.Errorf("%d events", got)
	}
}

// posting are the journal entries, in order.
func (w *world) posting() []string {
	w.t.Helper()
	rows, err := w.db.Pool().Query(w.t.Context(), `SELECT ledger || '/' || subject || '/' || debit_minor::text || '/' || credit_minor::text
		FROM journal_entry ORDER BY journal_id, position`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var entries []string
	for rows.Next() {
		var entry string
		if err := rows.Scan(&entry); err != nil {
			w.t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// While the engine is down invoices wait, visibly, shipping goes on, and nothing is lost.
func TestTaxEngineDownThenUp(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.engine.setDown(true)
	w.run(w.service)
	first, second := priced("ACME", "10"), priced("ACME", "20")
	w.granted(first, second)
	w.ship(shipped(first, 1, 10))
	w.eventually("the tax is deferred", func() bool { return w.count("invoice WHERE counted") == 1 })
	w.wantCredit("ACME", 0, 12_000, 24_000)
	tries := w.engine.called()
	w.eventually("it is tried again", func() bool { return w.engine.called() > tries+2 })
	w.ship(shipped(second, 1, 5))
	w.eventually("the other is deferred too", func() bool { return w.count("invoice WHERE counted") == 2 })
	w.holds()
	for _, invoice := range w.invoices() {
		if invoice.GetTaxDeferredReason() != "TAX_UNAVAILABLE" || invoice.GetInvoiceNumber() != "" {
			t.Errorf("an invoice without tax: %v", invoice)
		}
	}
	w.engine.setDown(false)
	for _, invoice := range w.allIssued(2) {
		if invoice.GetTaxDeferredReason() != "" {
			t.Errorf("an issued invoice still says %s", invoice.GetTaxDeferredReason())
		}
	}
	w.wantCredit("ACME", 24_000, 0, 12_000)
	if got := w.told("billing.invoice.tax_deferred"); got != 2 {
		t.Errorf("%d events of deferred tax for two invoices, however often they were tried", got)
	}
}

func TestRefusedInvoiceWaitsAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	lost, sound := priced("ACME", "10"), priced("ACME", "10")
	lost.TaxJurisdiction = "ATLANTIS"
	w.granted(lost, sound)
	w.ship(shipped(lost, 1, 10), shipped(sound, 1, 10))
	w.run(w.service)
	w.eventually("one is issued and the other deferred", func() bool {
		return w.count("invoice WHERE state = 'ISSUED'") == 1 && w.count("invoice WHERE counted") == 1
	})
	w.wantCredit("ACME", 12_000, 12_000, 0)
	for _, invoice := range w.invoices() {
		wantReason := map[bool]string{true: "UNKNOWN_JURISDICTION"}[invoice.GetOrderId() == lost.GetOrderId()]
		if invoice.GetTaxDeferredReason() != wantReason {
			t.Errorf("reason %q, want %q", invoice.GetTaxDeferredReason(), wantReason)
		}
	}
	w.holds()
}

// Two replicas draft and issue at once, one of them dies in between: every shipment has its invoice and the numbers of
// each legal entity have no gap.
func TestNumbersHaveNoGapsUnderTwoReplicas(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.UnlimitedCredit = true })
	w.account("OTHER", func(account *masterdataAccount) { account.UnlimitedCredit, account.LegalEntity = true, "NORTH" })
	const orders = 150
	made := make([]*orderv1.PricedOrder, 0, orders)
	for i := range orders {
		order := priced("ACME", "10")
		if i%3 == 0 {
			order = priced("OTHER", "10")
			order.LegalEntity = "NORTH"
		}
		made = append(made, order)
	}
	w.granted(made...)
	small := Config{IssueBatch: 4, Lease: time.Second, Poll: 5 * time.Millisecond}
	second := w.newService(small)
	w.run(w.newService(small))
	stop := w.run(second)
	w.eventually("both own shards", func() bool { return len(second.owner.Leases().Shards()) == shard.Count/2 })
	for i, order := range made {
		w.ship(shipped(order, 1, 10))
		if i == orders/2 {
			stop()
		}
	}
	numbers := map[string][]string{}
	for _, invoice := range w.allIssued(orders) {
		numbers[invoice.GetLegalEntity()] = append(numbers[invoice.GetLegalEntity()], invoice.GetInvoiceNumber())
	}
	for entity, want := range map[string]int{"MAIN": 100, "NORTH": 50} {
		slices.Sort(numbers[entity])
		got := slices.Compact(numbers[entity])
		if last := got[len(got)-1]; len(got) != want || last != map[string]string{"MAIN": "INV-MAIN-00000100", "NORTH": "INV-NORTH-00000050"}[entity] {
			t.Errorf("%s: %d numbers, the last is %s", entity, len(got), last)
		}
	}
}

// A replica loses its shards while it waits for the engine. What it brings back is refused as a whole; the next owner
// issues.
func TestLateReplicaIssuesNothing(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	w.ship(shipped(order, 1, 10))
	late := w.service
	owning, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- late.owner.Run(owning) }()
	w.eventually("it owns all", func() bool { return len(late.owner.Leases().Shards()) == shard.Count })
	leases := late.owner.Leases()
	w.engine.before = func() { // another takes over
		if _, err := w.db.Pool().Exec(t.Context(), "UPDATE shard_lease SET epoch = epoch + 1 WHERE grp = 'billing'"); err != nil {
			t.Error(err)
		}
	}
	if _, err := late.issueDue(t.Context(), leases, time.Second); fault.ReasonOf(err) != shard.ReasonLeaseLost {
		t.Errorf("error %v, want LEASE_LOST", err)
	}
	if n := w.count("invoice_counter") + w.count("invoice WHERE state = 'ISSUED'"); n != 0 {
		t.Error("the late replica has issued")
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	w.engine.before = nil
	w.run(w.newService(Config{}))
	if invoice := w.allIssued(1)[0]; invoice.GetInvoiceNumber() != "INV-MAIN-00000001" {
		t.Errorf("number %s", invoice.GetInvoiceNumber())
	}
}

// A replica dies while it waits for the engine, and another one as soon as its set is committed: nothing is lost, nothing
// is issued twice.
func TestReplicasDieInBetween(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.UnlimitedCredit = true })
	const orders = 60
	for range orders {
		order := priced("ACME", "10")
		w.granted(order)
		w.ship(shipped(order, 1, 10))
	}
	for round := range 6 {
		dying := w.newService(Config{IssueBatch: 3, Lease: 500 * time.Millisecond})
		ctx, die := context.WithCancel(t.Context())
		died := make(chan error, 1)
		calls := 0
		w.engine.mu.Lock()
		w.engine.before = func() {
			if calls++; calls > round {
				die()
			}
		}
		w.engine.mu.Unlock()
		go func() { died <- dying.Run(ctx) }()
		if err := <-died; err != nil {
			t.Fatal(err)
		}
		w.holds()
	}
	w.engine.mu.Lock()
	w.engine.before = nil
	w.engine.mu.Unlock()
	w.run(w.service)
	w.allIssued(orders)
	if got := w.told("billing.invoice.issued"); got != orders {
		t.Errorf("%d events of %d invoices", got, orders)
	}
}

// An engine that refuses without saying why, again and again: the exposure moves once, and the invoice says something.
func TestRefusalWithoutReasonIsCountedOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	order.TaxJurisdiction = "SILENT"
	w.granted(order)
	w.ship(shipped(order, 1, 10))
	w.run(w.newService(Config{RefusalDelay: time.Millisecond}))
	w.eventually("it is tried several times", func() bool {
		return w.count("invoice_pending WHERE attempts > 2") == 1
	})
	w.wantCredit("ACME", 0, 12_000, 0)
	w.holds()
	if reason := w.invoices()[0].GetTaxDeferredReason(); reason != reasonTaxFailed {
		t.Errorf("reason %q", reason)
	}
}
