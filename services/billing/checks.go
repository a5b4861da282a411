package billing

import (
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// Checks are the invariants of billing's own tables.
func Checks() []invariant.Check {
	return append(invoiceChecks(), creditChecks()...)
}

func invoiceChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "billing.B1", Rule: "one invoice per shipment, one invoice line per shipment line",
			Examined:    invariant.Count("invoice"),
			Description: "a shipment is invoiced twice, or an invoice has no lines",
			Run:         invariant.Query(store.CheckInvoicedOnce),
		},
		{
			Name: "billing.B2", Rule: "numbers of a legal entity = 1 … last, each once",
			Examined:    invariant.Count("invoice"),
			Description: "an invoice number is missing or was given twice",
			Run:         invariant.Query(store.CheckNumbers),
		},
		{
			Name: "billing.B2.journal", Rule: "Σ debits = Σ credits per journal; receivable = total; an issued invoice has its journal",
			Examined:    invariant.Count("journal"),
			Description: "a posting is out of balance, or is not that of its invoice",
			Run:         invariant.Query(store.CheckJournals),
		},
		{
			Name: "billing.B3", Rule: "invoice = Σ lines, tax = Σ taxes of its lines",
			Examined:    invariant.Count("invoice"),
			Description: "the head of an invoice and its lines differ",
			Run:         invariant.Query(store.CheckTotals),
		},
		{
			Name: "billing.B3.balance", Rule: "balance due = total − cash − credit − written off ≥ 0; applied = Σ applications, written off = Σ write-offs",
			Description: "more of an invoice is settled than it owes, or another amount than the credit memos say",
			Run:         invariant.Query(store.CheckApplied),
			Examined:    invariant.Count("invoice"),
		},
		{
			Name: "billing.B4", Rule: "invoiced of an order line = round(price × invoiced quantity) by the order's snapshot",
			Examined:    invariant.Count("invoice_line"),
			Description: "an order line was invoiced at another price, or its parts do not add up",
			Run:         checkPrices,
		},
		{
			Name: "billing.B4.charges", Rule: "invoiced of a charge = Σ over lines of round(part × shipped ÷ ordered)",
			Description: "a discount, freight or fee was invoiced in another amount, or its parts do not add up",
			Run:         checkCharges,
			Examined:    invariant.Count("invoice_charge"),
		},
		{
			Name: "billing.queue", Rule: "an invoice waits in the queue exactly while its tax is pending",
			Examined:    invariant.Count("invoice"),
			Description: "an invoice would never be issued, or twice",
			Run:         invariant.Query(store.CheckQueue),
		},
	}
}

func creditChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "billing.L3", Rule: "credited ≤ invoiced; credited of a position = Σ lines of its credit memos, and of its taxes",
			Description: "more of an invoice was credited than it says, or another amount than the credit memos give back",
			Run:         invariant.Query(store.CheckCredited),
			Examined:    invariant.Count("credit_memo_line"),
		},
		{
			Name: "billing.memo.numbers", Rule: "credit memo numbers of a legal entity = 1 … last, each once",
			Description: "a credit memo number is missing or was given twice",
			Run:         invariant.Query(store.CheckMemoNumbers),
			Examined:    invariant.Count("credit_memo"),
		},
		{
			Name: "billing.memo", Rule: "credit memo = Σ lines, tax = Σ taxes; posted off the receivables = total",
			Description: "the head of a credit memo, its lines and its posting differ",
			Run:         invariant.Query(store.CheckMemoTotals),
			Examined:    invariant.Count("credit_memo"),
		},
		{
			Name: "billing.memo.queue", Rule: "a credit memo waits in the queue exactly while it is pending",
			Description: "a credit memo would never be issued, or twice",
			Run:         invariant.Query(store.CheckMemoQueue),
			Examined:    invariant.Count("credit_memo"),
		},
		{
			Name: "billing.cash", Rule: "payment = its cash and receivable; write-off = its bad debt and receivable",
			Examined:    invariant.Count("payment"),
			Description: "a payment or a write-off is not posted as it was recorded",
			Run:         invariant.Query(store.CheckCash),
		},
		{
			Name: "billing.payments", Rule: "captured + voided ≤ authorised; captured = Σ captures = Σ their payments; refunded = Σ refunds ≤ captured, each posted",
			Examined:    invariant.Count("payment_intent"),
			Description: "more was captured or paid back than was authorised, or it is not in the books",
			Run:         invariant.Query(store.CheckIntents),
		},
		{
			Name: "billing.payments.queue", Rule: "a payment waits in the queue while its provider is to be asked something",
			Examined:    invariant.Count("payment_intent"),
			Description: "a provider would never be asked about a payment",
			Run:         invariant.Query(store.CheckIntentQueue),
		},
		{
			Name: "billing.AR.base", Rule: "receivable in the base currency = Σ what is left of invoices − of payments − of credit memos; 0 of a settled invoice",
			Examined:    invariant.Count("journal"),
			Description: "an exchange difference was not posted, or in another amount",
			Run:         checkReceivables,
		},
		{
			Name: "billing.exchange", Rule: "exchange gain of an invoice = Σ its differences; each is posted",
			Examined:    invariant.Count("exchange_difference"),
			Description: "an exchange difference is not posted as it was realised",
			Run:         invariant.Query(store.CheckExchange),
		},
		{
			Name: "billing.OO", Rule: "open of a claim = Σ over lines of (open + w × backordered + reserved + released) × price, with tax",
			Examined:    invariant.Count("order_snapshot"),
			Description: "an order weighs more or less in the exposure than what is left of it",
			Run:         checkClaims,
		},
		{
			Name: "billing.blocks", Rule: "blocked orders of the credit row = its blocked orders",
			Examined:    invariant.Count("credit"),
			Description: "orders would stay blocked when there is credit again",
			Run:         invariant.Query(store.CheckBlocks),
		},
		{
			Name: "billing.E", Rule: "credit row = Σ open claims + Σ pending invoices + Σ balances due − Σ open credits − Σ unapplied cash − Σ secured",
			Examined:    invariant.Count("credit"),
			Description: "the exposure of an account is not what its orders and invoices say",
			Run:         invariant.Query(store.CheckExposure),
		},
	}
}
