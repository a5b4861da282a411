// Package domain knows in which order documents go to the ERP. It is pure.
package domain

import (
	"strconv"
	"strings"
	"time"
)

// Post is a document that the ERP must be told.
type Post struct {
	DocumentID, OrderID string
	// Position is its place among the documents of its order.
	Position int64
	// AfterInvoices is how many invoices of its order must be posted before it, which may not be known yet.
	AfterInvoices int64
	Content       []byte
	// Cause is the event that queued it; empty: none did.
	Cause string
	// Told is how many events told of it before.
	Told int64
}

// Positions of an order's documents: its versions first, then what of it will not be shipped, then its invoices by time, then its
// closure, then its credit memos and write-offs by time.
const (
	firstReduction  = int64(1) << 60
	firstInvoice    = int64(1) << 61
	closure         = firstInvoice + firstReduction
	firstCreditMemo = int64(1) << 62
)

// FirstAfterOrder is the first position of a document that is no version of an order: the ERP must know the order by then.
const FirstAfterOrder = firstReduction

// Order is the post of a version of an order.
func Order(order string, revision int32) Post {
	return Post{DocumentID: order + "/" + strconv.Itoa(int(revision)), OrderID: order, Position: int64(revision)}
}

// FirstVersion is the id of the document with which the ERP is told of an order.
func FirstVersion(order string) string { return order + "/0" }

// Reduction is the post of what will not be shipped of an order, told by the event of the order with that number.
func Reduction(order string, number int64) Post {
	return Post{DocumentID: order + "/reduced/" + strconv.FormatInt(number, 10), OrderID: order, Position: firstReduction + number}
}

// Closure is the post of the end of an order that has so many invoices.
func Closure(order string, invoices int32) Post {
	return Post{DocumentID: order + "/closed", OrderID: order, Position: closure, AfterInvoices: int64(invoices)}
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

// WriteOff is the post of what was given up of an invoice of an order.
func WriteOff(journal, order string, writtenOffAt time.Time) Post {
	return Post{DocumentID: journal, OrderID: order, Position: firstCreditMemo + writtenOffAt.UnixMicro()}
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

// Told is what is told of a document: what became of it, and the place of that among all that was told of it.
type Told struct {
	Answer
	// Sequence counts what is told of the document, from 1.
	Sequence int64
	// Cause is the event that queued it; empty: not known.
	Cause string
}

// Kind is what a document is.
type Kind int8

// The kinds of document.
const (
	KindUnknown Kind = iota
	KindOrder
	KindOrderReduction
	KindOrderClosure
	KindInvoice
	KindCreditMemo
	KindWriteOff
)

// KindOf is the kind of a document, which its id says.
func KindOf(document string) Kind {
	order, part, divided := strings.Cut(document, "/")
	switch {
	case divided && document == Closure(order, 0).DocumentID:
		return KindOrderClosure
	case divided && strings.HasPrefix(document, strings.TrimSuffix(Reduction(order, 0).DocumentID, "0")):
		return KindOrderReduction
	case divided:
		if _, err := strconv.ParseUint(part, 10, 31); err != nil {
			return KindUnknown
		}
		return KindOrder
	}
	switch prefix, _, _ := strings.Cut(document, "_"); prefix {
	case "inv":
		return KindInvoice
	case "crm":
		return KindCreditMemo
	case "jrn":
		return KindWriteOff
	default:
		return KindUnknown
	}
}
