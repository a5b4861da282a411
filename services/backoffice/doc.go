// Package backoffice tells the ERP what it must know: orders that were accepted or amended, what of them will not be shipped, their ends,
// invoices and credit memos that were issued, and what was given up of invoices. Each document stands in a queue of its own database from the event on until the ERP has it:
//
//	order.accepted, .amended, .line_cancelled, .cancelled, .completed ──▶ WAITING ──▶ posted
//	invoice.issued, .written_off, credit_memo.issued                        ▲  │ refused by the ERP
//	                                                            RetryPosts  └─ STUCK, and what comes after it in its order waits
//
// Nothing is missing: a document leaves the queue with the ERP's answer, in one transaction. Nothing is there twice: its id is the key,
// and one whose outcome is not known is asked for before it is sent again. Documents of one order go one after the other: its
// versions, its reductions, its invoices, its closure, its credit memos and write-offs; a closure also waits for invoices that are not queued yet. An
// order that was never accepted stands nowhere in the ERP, and of one of which all was shipped the last invoice is the end: neither has a
// closure. Drains own shards; what is too much for the ERP waits, and what the ERP being away
// leaves undone too: the guard of the connection says when to try again.
//
// Each document is an aggregate of its own, backoffice.document, of which the answers of the ERP and the decisions of people are told: its
// sequence stands in its row and goes with it, so that nothing is kept for that beside what is kept anyway.
//
// Owns: draft, post, posted. Listens to: order.order, billing.invoice, billing.credit_memo. Tells the ERP, and the world what came of it:
// backoffice.document.posted, .refused, .retried, and what the guard says of the ERP, outside.link.
package backoffice
