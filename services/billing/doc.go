// Package billing claims credit for orders, keeps their prices, invoices what was shipped, and keeps the journal.
//
//	claim:    (key not seen) ──ClaimCredit──▶ GRANTED ──ReleaseCredit, shipments──▶ nothing of it open
//	                          └─────────────▶ REFUSED          UNDONE ◀──ReleaseCredit of a key not seen
//	invoice:  shipment.shipped ──▶ TAX_PENDING ──taxed──▶ ISSUED (number, journal; final)
//
// # Credit
//
// The exposure of an account is E = receivable + not invoiced + open orders, in minor units with the account's estimated
// tax. A claim is granted when E with it does not exceed the limit, decided under the lock of the account's credit row. A
// claim carries the priced order; the snapshot is kept once per order and is what invoices are made from, whatever master
// data says later. Keys of claims and releases are kept for ever, refused ones too.
//
// # Invoices
//
// The event of a shipment drafts its invoice, in the transaction that moves the consumer's cursor. Shipment and shipment
// line are unique among invoices, so the effect is once however often the event comes. A line's amount is
// round(price × all shipped so far) − what was invoiced of the line before: the parts add up to the whole line rounded
// once, in any order. The drain of pending invoices asks the tax engine for a set outside of any transaction, then issues
// the set in one: taxes as the engine gave them, numbers from a counter row per legal entity without gaps, a balanced
// journal, the exposure, invoice.issued. A set that cannot be stored is halved until what spoils it stands alone and
// waits: one invoice never keeps others back.
//
// A draft leaves the credit row alone, which is busy with claims: what was shipped counts as open order until its invoice
// is issued or its tax deferred. The exposure hardly differs, and the row changes once instead of twice.
//
// Owns: account (copy), credit, credit_claim, credit_release, order_snapshot, order_progress, invoice and what hangs on it,
// journal. Listens to masterdata.account and fulfillment.shipment. Tells billing.credit.exposure_changed,
// billing.invoice.drafted, .tax_deferred, .issued. Calls connector.tax.
package billing
