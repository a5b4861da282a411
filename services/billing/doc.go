// Package billing claims credit for orders, keeps their prices, invoices what was shipped, credits what came back, takes what
// is paid, and keeps the journal.
//
//	claim:    (key not seen) ──ClaimCredit──▶ GRANTED ──ReleaseCredit, shipments──▶ nothing of it open
//	                          └─────────────▶ REFUSED          UNDONE ◀──ReleaseCredit of a key not seen
//	invoice:  shipment.shipped ──▶ TAX_PENDING ──taxed──▶ ISSUED (number, journal; final) ──balance 0──▶ PAID, CREDITED,
//	                                                                                                     WRITTEN_OFF
//	                                                       ISSUED ◀──UnapplyCash── PAID;  sent, disputed and overdue are flags
//	          TAX_PENDING ──DiscardInvoice──▶ DISCARDED ──RedraftInvoice──▶ TAX_PENDING
//	memo:     return.inspected, CreateCreditMemo ──▶ PENDING ──taxed, rated──▶ ISSUED (number, journal; final)
//
// # Credit
//
// The exposure of an account is E = receivable − open credits − unapplied cash + not invoiced + open orders, in minor units with the
// account's estimated tax. It is that of the bill-to, where an order has one. A claim is granted when E with it does not
// exceed the limit, the account is not stopped, and none of its invoices is longer past due than it may be (disputed ones do
// not count; only accounts whose terms ask for it are looked at), decided under the lock of the account's credit row. A claim carries the priced order; the snapshot is
// kept once per order and is what invoices are made from, whatever master data says later. Keys of claims and releases are
// kept for ever, refused ones too.
//
// Where the account asks for it, ClearCredit checks the same terms before a release. An order that is refused there is blocked,
// and so are all orders of an account whose terms become stricter than what it owes; saveBook frees them when the account is
// within its terms again. What waits for stock weighs as the account's terms were at the claim, followed by the order's events.
//
// A claim under a new key takes the place of the one before. An amendment claims so for the order with its next revision,
// also after parts have moved: what was shipped keeps its price terms. What it replaced is kept, and counts again when the
// claim is undone because the order did not take the change. A revision that no claim has brought comes by order.amended.
//
// # Invoices
//
// The event of a shipment drafts its invoice, in the transaction that moves the consumer's cursor. Shipment and shipment
// line are unique among invoices, so the effect is once however often the event comes. A line's amount is
// round(price × all shipped so far) − what was invoiced of the line before: the parts add up to the whole line rounded
// once, in any order. Of each discount, freight and fee of the order an invoice takes what has become due by it:
// Σ over lines of round(part × shipped ÷ ordered) − what was invoiced of the charge before. Where tax is rounded per
// document, the order's lines are rounded as one sum, spread by largest remainder.
//
// The drain of pending invoices asks the tax engine for a set outside of any transaction, then issues the set in one: taxes
// as the engine gave them, numbers from a counter row per legal entity without gaps, the exchange rate of the day, a
// journal that balances in the document's currency and in the base currency, the exposure, invoice.issued. What has no tax
// or no rate waits and says why. A set that cannot be stored is halved until what spoils it stands alone and waits:
// one document never keeps others back.
//
// A draft leaves the credit row alone, which is busy with claims: what was shipped counts as open order until its invoice
// is issued or its tax deferred. The exposure hardly differs, and the row changes once instead of twice.
//
// What is owed on an invoice is net + tax − applied cash − applied credit − written off, in the columns applied_cash_minor,
// applied_credit_minor and written_off_minor, never below zero. Only Book.Settle changes it: it takes the receivables along,
// and sets settled_by when nothing is owed any more; whoever calls it stores the book's ChangedInvoices by
// store.SaveSettled and tells invoice.paid of those that were JustSettled. Invoices to settle come locked, from
// store.LockedInvoices, after the credit rows.
//
// # Payments
//
// RecordPayment posts a payment as a whole, debit CASH, credit RECEIVABLE: it is unapplied cash of the account. Applying it to
// invoices, and taking it off again, moves amounts between unapplied cash and balances and posts an exchange difference alone,
// where the two have other rates. Locks are taken in
// the order credit row, invoices, payment. A write-off is a posting of its own, in the terms of the invoice. An invoice that
// cash was taken off is owed again: invoice.reopened tells it, and invoice.paid comes again. What is past due is told once per
// invoice by a sweep over the accounts that owe; that it was told stands in the invoice's row.
//
// # Payments by providers
//
// AuthorizePayment stores an intent under the order's key before it asks the provider, and the answer after it. What was sent
// and not answered is asked after by its key before anything is tried again; a caller that never comes back leaves that to the
// drain. An intent moves S, the secured part of the exposure. Issuing an invoice queues its capture in the same transaction;
// the drain sends at most what the invoice owes and the intent has left, and books what the provider did as a payment under
// the capture's id. A declined capture leaves the invoice owed, gives the rest up and stops the account. VoidPayment counts at
// once, the provider hears of it from the drain; a key that was never seen leaves a mark. Locks are taken in the order credit
// row, intent, invoice, credit memo; no provider is asked inside a transaction.
//
// # Credit memos
//
// A memo is drafted by the event of a return, which says per line how much of it is to be credited from its beginning, or
// by CreateCreditMemo. Drafting takes what is credited off the invoice's position, under its lock: a part gets its share of
// what is not credited yet, before tax and of each tax, so that all parts give back exactly what the position says, and
// never more. Lines without reference have an agreed price and are taxed by the engine. The drain issues: number from a
// series of its own, rate, journal turned back, open credit, and applied to the invoices that it credits as far as they
// are owed. A return whose shipment or invoice is not there yet waits in the inbox; what was never billed is not credited.
//
// What an order cancels comes by ReleaseCredit alone: order.cancelled and .line_cancelled are passed over, since a second
// way would give the same credit back twice.
//
// Owns: account, legal_entity, exchange_rate (copies), credit, credit_claim, credit_release, order_snapshot,
// order_snapshot_before, order_progress, invoice and what hangs on it, shipment_unbilled, credit_memo and what hangs on it,
// credit_application, return_credit, payment, cash_application, write_off, payment_intent, payment_operation, exchange_difference, invoice_delivery, credit_block,
// credit_clearance, journal. Listens to masterdata.account,
// .legal_entity, .exchange_rate, order.order (amended, and what moves its backlog), fulfillment.shipment, fulfillment.return (authorized, inspected,
// closed). Tells billing.credit.exposure_changed,
// .account_stopped, billing.order_credit.blocked, .freed, billing.invoice.sent, .discarded, billing.credit_memo.discarded,
// billing.invoice.drafted, .tax_deferred, .issued, .paid, .reopened, .overdue, .dispute_changed, .written_off,
// billing.payment.recorded, .authorized, .captured, .declined, .voided, .refunded, .unknown, billing.credit.account_stop_lifted,
// billing.credit_memo.issued. Calls connector.tax and connector.payment.
package billing
