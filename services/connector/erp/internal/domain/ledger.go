// Package domain decides what the sandbox ERP posts. It is pure.
package domain

import (
	"bytes"
	"strings"
	"time"
)

// Kind is what a document is.
type Kind int64

// The kinds.
const (
	Order Kind = iota + 1
	Invoice
	CreditMemo
	OrderReduction
	OrderClosure
	WriteOff
)

// Document is a document as it arrives.
type Document struct {
	ID, OrderID  string
	Kind         Kind
	Hash         []byte
	CurrencyCode string
	TotalMinor   int64
	// NotToShip is what an order's closure says will not be shipped, all lines added up; 0 of other documents.
	NotToShip int64
}

// Posting is a document that is posted.
type Posting struct {
	Document
	ERPNumber string
	PostedAt  time.Time
	TimesSent int64
}

// Outcome is what became of a document: Refused is the reason where it is not posted.
type Outcome struct {
	Posting Posting
	Refused string
}

// The reasons of refusals.
const (
	ReasonReused       = "DOCUMENT_REUSED"
	ReasonOrderUnknown = "ORDER_UNKNOWN"
)

// Ledger is the part of the postings that a set touches.
type Ledger struct {
	postings map[string]*Posting
	orders   map[string]bool
	changed  map[string]bool
}

// NewLedger makes a ledger of what is posted of a set, and of the orders among those that it names that are.
func NewLedger(postings []Posting, orders []string) *Ledger {
	l := &Ledger{postings: map[string]*Posting{}, orders: map[string]bool{}, changed: map[string]bool{}}
	for _, posting := range postings {
		l.postings[posting.ID] = &posting
	}
	for _, order := range orders {
		l.orders[order] = true
	}
	return l
}

// Post posts a document once: a repeat gets the first result and is counted.
func (l *Ledger) Post(document Document, now time.Time) Outcome {
	known := l.postings[document.ID]
	switch {
	case known != nil && !bytes.Equal(known.Hash, document.Hash):
		return Outcome{Refused: ReasonReused}
	case known != nil:
		known.TimesSent++
	case document.Kind != Order && document.OrderID != document.ID && !l.orders[document.OrderID]:
		return Outcome{Refused: ReasonOrderUnknown}
	default:
		known = &Posting{Document: document, ERPNumber: number(document), PostedAt: now, TimesSent: 1}
		l.postings[document.ID] = known
		if document.Kind == Order {
			l.orders[document.OrderID] = true
		}
	}
	l.changed[document.ID] = true
	return Outcome{Posting: *known}
}

// Changed are the postings that are new or were sent again.
func (l *Ledger) Changed() []Posting {
	changed := make([]Posting, 0, len(l.changed))
	for id := range l.changed {
		changed = append(changed, *l.postings[id])
	}
	return changed
}

// number is the ERP's own: a series letter, and what tells the document from others.
func number(document Document) string {
	_, id, _ := strings.Cut(document.ID, "_")
	id = strings.ToUpper(strings.NewReplacer("-", "", "/closed", "", "/reduced/", ".", "/", ".").Replace(id))
	series := map[Kind]string{Order: "SO", Invoice: "RV", CreditMemo: "CR", OrderReduction: "RD", OrderClosure: "CL", WriteOff: "WO"}[document.Kind]
	return series + "-" + id[max(0, len(id)-14):]
}
