package billing

import (
	"slices"
	"strings"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
)

// Each check sees what it is for: one row is spoilt behind the service's back, and the check that must see it does.
func TestChecksSeeWhatIsBroken(t *testing.T) {
	for name, test := range map[string]struct {
		spoil string
		want  []string
	}{
		"a line vanishes":             {"DELETE FROM invoice_line WHERE position = 2", []string{"billing.B1", "billing.B3", "billing.B4"}},
		"all lines vanish":            {"DELETE FROM invoice_line", []string{"billing.B1", "billing.B3", "billing.B4"}},
		"a number is skipped":         {"UPDATE invoice SET number = number + 1", []string{"billing.B2"}},
		"the counter is ahead":        {"UPDATE invoice_counter SET last_number = 7", []string{"billing.B2"}},
		"a counter is lost":           {"DELETE FROM invoice_counter", []string{"billing.B2"}},
		"an entry is changed":         {"UPDATE journal_entry SET debit_minor = debit_minor + 1 WHERE debit_minor > 0", []string{"billing.B2.journal", "billing.cash"}},
		"a journal is lost":           {"DELETE FROM journal", []string{"billing.B2.journal", "billing.memo", "billing.cash", "billing.AR.base"}},
		"a tax is changed":            {"UPDATE invoice_tax SET amount_minor = amount_minor + 1", []string{"billing.B3"}},
		"a price is changed":          {"UPDATE invoice_line SET net_minor = net_minor + 1 WHERE position = 1", []string{"billing.B3", "billing.B4"}},
		"the progress is changed":     {`UPDATE order_progress SET lines = '[]'`, []string{"billing.B4", "billing.B4.charges", "billing.OO"}},
		"an issued one is queued":     {"INSERT INTO invoice_pending SELECT 0, invoice_id, now(), '', 0 FROM invoice", []string{"billing.queue"}},
		"the receivables are changed": {"UPDATE credit SET receivable_minor = receivable_minor + 1", []string{"billing.E"}},
		"a claim is changed":          {"UPDATE credit_claim SET open_minor = open_minor + 1", []string{"billing.OO", "billing.E"}},
		"the base currency is changed": {
			"UPDATE journal_entry SET base_debit_minor = base_debit_minor + 1 WHERE ledger = 'RECEIVABLE' AND debit_minor > 0",
			[]string{"billing.B2.journal", "billing.AR.base"},
		},
		"a freight is changed":         {"UPDATE invoice_charge SET net_minor = net_minor + 1 WHERE type = 'FREIGHT'", []string{"billing.B3", "billing.B4.charges"}},
		"a discount of a line is lost": {"UPDATE invoice_line SET discount_minor = 0 WHERE position = 2", []string{"billing.B3"}},
		"the charged sum is changed":   {`UPDATE order_progress SET charges = '[-10, 1]'`, []string{"billing.B4.charges"}},
		"a credit is forgotten":        {"UPDATE invoice_line SET credited_quantity = 0", []string{"billing.L3"}},
		"a tax is credited once more":  {"UPDATE invoice_tax SET credited_minor = credited_minor + 1 WHERE position = 1", []string{"billing.L3"}},
		"a memo's number is skipped":   {"UPDATE credit_memo SET number = number + 1", []string{"billing.memo.numbers"}},
		"a memo's line is changed":     {"UPDATE credit_memo_line SET net_minor = net_minor + 1", []string{"billing.L3", "billing.memo"}},
		"a memo's tax is lost":         {"DELETE FROM credit_memo_tax", []string{"billing.L3", "billing.memo"}},
		"an issued memo is queued":     {"INSERT INTO credit_memo_pending SELECT 0, credit_memo_id, now(), '', 0 FROM credit_memo", []string{"billing.memo.queue"}},
		"an application is lost":       {"DELETE FROM credit_application", []string{"billing.B3.balance"}},
		"less is applied than was":     {"UPDATE invoice SET applied_credit_minor = applied_credit_minor - 1", []string{"billing.B3.balance", "billing.AR.base", "billing.E"}},
		"an open credit is made":       {"UPDATE credit SET open_credit_minor = open_credit_minor + 1", []string{"billing.E"}},
		"cash of an invoice is lost":   {"UPDATE cash_application SET amount_minor = amount_minor - 1", []string{"billing.B3.balance"}},
		"unapplied cash is made":       {"UPDATE credit SET unapplied_cash_minor = unapplied_cash_minor + 1", []string{"billing.E"}},
		"a payment is changed":         {"UPDATE payment SET amount_minor = amount_minor + 1", []string{"billing.cash", "billing.AR.base", "billing.E"}},
		"a write-off is lost":          {"DELETE FROM write_off", []string{"billing.B3.balance"}},
		"a write-off is not posted":    {"UPDATE journal SET source = 'PAYMENT' WHERE source = 'WRITE_OFF'", []string{"billing.cash"}},
		"a gain is changed":            {"UPDATE invoice SET exchange_gain_minor = 1", []string{"billing.exchange"}},
		"a block is not counted":       {"UPDATE credit SET blocked_orders = 1", []string{"billing.blocks"}},
		"a memo's journal is lost":     {"DELETE FROM journal WHERE source = 'CREDIT_MEMO'", []string{"billing.B2.journal", "billing.memo", "billing.AR.base"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ACME", nil)
			order := charge(charge(priced("ACME", "1", "2"), discount, -100), freight, 300)
			w.granted(order)
			w.ship(shipped(order, 1, 10, 2, 5))
			stop := w.run(w.service)
			invoice := w.allIssued(1)[0]
			w.inspect(returned(invoice, 1, 3))
			w.memos(1)
			w.paid(paymentOf("p", 50, onto(invoice, 40)))
			_, err := w.service.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{RequestId: "w", InvoiceId: invoice.GetInvoiceId(), AmountMinor: 5, Reason: "rest"})
			if err != nil {
				t.Fatal(err)
			}
			stop()
			if _, err := w.db.Pool().Exec(t.Context(), test.spoil); err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, check := range Checks() {
				breaks, err := check.Run(t.Context(), w.db)
				if err != nil {
					t.Errorf("%s: %v", check.Name, err)
				}
				if len(breaks) > 0 {
					broken = append(broken, check.Name)
				}
			}
			if !slices.Equal(broken, test.want) {
				t.Errorf("broken: %s; want %s", strings.Join(broken, " "), strings.Join(test.want, " "))
			}
		})
	}
}
