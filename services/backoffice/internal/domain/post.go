// Package domain knows in which order documents go to the ERP. It is pure.
package domain

import (
	"strconv"
	"time"
)

// Post is a document that the ERP must be told.
type Post struct {
	DocumentID, OrderID string
	// Position is its place among the documents of its order.
	Position int64
	Content  []byte
}

// Positions of an order's documents: its versions first, then its invoices, then its credit memos, each by time.
const (
	firstInvoice    = int64(1) << 61
	firstCreditMemo = int64(1) << 62
)

// FirstInvoice is the first position of a document that is no order.
const FirstInvoice = firstInvoice

// Order is the post of a version of an order.
func Order(order string, revision int32) Post {
	return Post{DocumentID: order + "/" + strconv.Itoa(int(revision)), OrderID: order, Position: int64(revision)}
}

// Invoice is the post of an invoice.
func Invoice(invoice, order string, issuedAt time.Time) Post {
	return Post{DocumentID: invoice, OrderID: order, Position: firstInvoice + issuedAt.UnixMicro()}
}

// CreditMemo is the post of a credit memo; one without an order stands alone.
func CreditMemo(memo, order string, issuedAt time.Time) Post {
	if order == "" {
		order = memo
	}
	return Post{DocumentID: memo, OrderID: order, Position: firstCreditMemo + issuedAt.UnixMicro()}
}

// Head is a document that may go to the ERP now: nothing that must go before it is left.
type Head struct {
	DocumentID, OrderID string
	Shard               int32
	Bytes               int64
	// Attempt is how often it was sent.
	Attempt int64
}

// Fit is as many heads, from the first on, as one call may hold: at least one, where there is any. Those that were sent before
// and have no answer go in ever smaller sets, so that one that breaks its call stands alone in the end.
func Fit(heads []Head, most int, mostBytes int64) []Head {
	bytes, smallest := int64(0), most
	for i, head := range heads {
		bytes += head.Bytes
		smallest = min(smallest, max(most>>min(head.Attempt, 30), 1))
		if i > 0 && (i >= smallest || bytes > mostBytes) {
			return heads[:i]
		}
	}
	return heads
}

// Answer is what became of a document: Reason is why the ERP does not take it; empty when it does.
type Answer struct {
	Head
	ERPNumber       string
	PostedAt        time.Time
	Reason, Message string
}
