package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

const (
	// maxTotalQuantity bounds what one item may add up to, far below what 64 bits hold.
	maxTotalQuantity = int64(1) << 53
)

// maxLines are the contract's limits.
var maxLines = map[kind]int{ordered: 10_000, credited: 1_000, writtenOff: 5_000}

// plan is what the file comes to: the things that have to exist, and the documents by kind.
type plan struct {
	items     []*item // in the order of their keys
	accounts  []string
	documents map[kind][]*document // in the order of their first rows
	rejects   []Reject
	rows      int
}

type item struct {
	sku         string
	description string
	service     bool
	quantity    map[kind]int64 // the sums
}

// document is an order, a credit note or a write-off: the rows of one kind with one number.
type document struct {
	number   string
	account  string
	at       time.Time
	lines    []line
	netMinor int64 // the sum of the lines, each rounded half up
	// returned is what Waybill made of a credit note; nil before.
	returned *fulfillmentv1.Return
}

// documentKey names a document of the file.
type documentKey struct {
	kind   kind
	number string
}

// planner builds the plan row by row.
type planner struct {
	mapping     *Mapping
	creditNotes bool
	items       map[string]*item
	documents   map[documentKey]*document
	fitting     map[string]bool // accounts that the contract takes
	plan        plan
}

func newPlanner(mapping *Mapping, creditNotes bool) *planner {
	return &planner{
		mapping: mapping, creditNotes: creditNotes, items: map[string]*item{}, documents: map[documentKey]*document{},
		fitting: map[string]bool{}, plan: plan{documents: map[kind][]*document{}},
	}
}

// add takes one row. Two rows that are exactly the same are two lines.
func (p *planner) add(r record) {
	p.plan.rows++
	l, refused := p.mapping.parse(r)
	if refused == nil && l.kind == credited && !p.creditNotes {
		refused = &Reject{l.row, p.mapping.Columns.OrderNumber, "CREDIT_NOTE_LEFT_OUT", "credit notes are left out by --no-credit-notes"}
	}
	if refused == nil {
		refused = p.unfit(l)
	}
	if refused != nil {
		p.plan.rejects = append(p.plan.rejects, *refused)
		return
	}
	known := p.document(l)
	if known.account != l.account {
		p.refuse(l.row, p.mapping.Columns.Account, "ACCOUNT_DIFFERS", fmt.Sprintf("%s belongs to %s", known.number, known.account))
		return
	}
	net, err := money.Extend(l.price, l.quantity, 0, p.mapping.Currency, money.HalfUp)
	if err != nil || !p.addItem(l) {
		p.refuse(l.row, p.mapping.Columns.Quantity, "AMOUNT_TOO_LARGE", "quantity or amount is too large")
		return
	}
	known.netMinor += net
	known.lines = append(known.lines, l)
}

func (p *planner) document(l line) *document {
	key := documentKey{l.kind, l.number}
	known, ok := p.documents[key]
	if !ok {
		known = &document{number: l.number, account: l.account, at: l.at}
		p.documents[key] = known
		p.plan.documents[l.kind] = append(p.plan.documents[l.kind], known)
	}
	return known
}

func (p *planner) addItem(l line) bool {
	key := strings.ToLower(l.sku)
	known, ok := p.items[key]
	if !ok {
		known = &item{sku: l.sku, service: p.mapping.service(l.sku), quantity: map[kind]int64{}}
		p.items[key] = known
		p.plan.items = append(p.plan.items, known)
	}
	if l.quantity > maxTotalQuantity-known.quantity[l.kind] {
		return false
	}
	known.quantity[l.kind] += l.quantity
	known.description = cmp.Or(known.description, l.description)
	return true
}

func (p *planner) refuse(row int, field, reason, message string) {
	p.plan.rejects = append(p.plan.rejects, Reject{Row: row, Field: field, Reason: reason, Message: message})
}

// finish drops documents that have no line left or too many, and sorts.
func (p *planner) finish() plan {
	accounts := map[string]bool{}
	for _, kind := range []kind{ordered, credited, writtenOff} {
		p.plan.documents[kind] = slices.DeleteFunc(p.plan.documents[kind], func(d *document) bool {
			return len(d.lines) == 0 || p.tooLong(d, maxLines[kind])
		})
		for _, d := range p.plan.documents[kind] {
			if d.account != "" {
				accounts[d.account] = true
			}
		}
	}
	p.plan.accounts = slices.Sorted(maps.Keys(accounts))
	slices.SortFunc(p.plan.items, func(a, b *item) int { return cmp.Compare(strings.ToLower(a.sku), strings.ToLower(b.sku)) })
	return p.plan
}

func (p *planner) tooLong(d *document, limit int) bool {
	if len(d.lines) <= limit {
		return false
	}
	for _, l := range d.lines {
		p.refuse(l.row, p.mapping.Columns.OrderNumber, "TOO_MANY_LINES",
			fmt.Sprintf("%s has %d lines; at most %d are allowed", d.number, len(d.lines), limit))
	}
	return true
}
