package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/money"
)

const (
	// maxOrderLines is the contract's limit.
	maxOrderLines = 10_000
	// maxTotalQuantity bounds what one item may add up to, far below what 64 bits hold.
	maxTotalQuantity = int64(1) << 53
)

// plan is what the file comes to: the things that have to exist, and the orders.
type plan struct {
	items    []*item // in the order of their keys
	accounts []string
	orders   []*order // in the order of their first rows
	rejects  []Reject
	rows     int
}

type item struct {
	sku         string
	description string
	service     bool
	quantity    int64 // the sum that is ordered
}

type order struct {
	number    string
	account   string
	orderedAt time.Time
	lines     []line
	netMinor  int64 // the sum of the lines, each rounded half up
}

// planner builds the plan row by row.
type planner struct {
	mapping *Mapping
	items   map[string]*item
	orders  map[string]*order
	fitting map[string]bool // accounts that the contract takes
	plan    plan
}

func newPlanner(mapping *Mapping) *planner {
	return &planner{mapping: mapping, items: map[string]*item{}, orders: map[string]*order{}, fitting: map[string]bool{}}
}

// add takes one row. Two rows that are exactly the same are two lines.
func (p *planner) add(r record) {
	p.plan.rows++
	l, refused := p.mapping.parse(r)
	if refused != nil {
		p.plan.rejects = append(p.plan.rejects, *refused)
		return
	}
	if refused = p.unfit(l); refused != nil {
		p.plan.rejects = append(p.plan.rejects, *refused)
		return
	}
	known, ok := p.orders[l.order]
	if !ok {
		known = &order{number: l.order, account: l.account, orderedAt: l.orderedAt}
		p.orders[l.order] = known
		p.plan.orders = append(p.plan.orders, known)
	}
	if known.account != l.account {
		p.refuse(l.row, p.mapping.Columns.Account, "ACCOUNT_DIFFERS",
			fmt.Sprintf("order %s belongs to %s", known.number, known.account))
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

func (p *planner) addItem(l line) bool {
	key := strings.ToLower(l.sku)
	known, ok := p.items[key]
	if !ok {
		known = &item{sku: l.sku, service: p.mapping.service(l.sku)}
		p.items[key] = known
		p.plan.items = append(p.plan.items, known)
	}
	if l.quantity > maxTotalQuantity-known.quantity {
		return false
	}
	known.quantity += l.quantity
	known.description = cmp.Or(known.description, l.description)
	return true
}

func (p *planner) refuse(row int, field, reason, message string) {
	p.plan.rejects = append(p.plan.rejects, Reject{Row: row, Field: field, Reason: reason, Message: message})
}

// finish drops orders that have no line left or too many, and sorts.
func (p *planner) finish() plan {
	p.plan.orders = slices.DeleteFunc(p.plan.orders, func(o *order) bool {
		if len(o.lines) > maxOrderLines {
			for _, l := range o.lines {
				p.refuse(l.row, p.mapping.Columns.OrderNumber, "TOO_MANY_LINES",
					fmt.Sprintf("order %s has %d lines; at most %d are allowed", o.number, len(o.lines), maxOrderLines))
			}
		}
		return len(o.lines) == 0 || len(o.lines) > maxOrderLines
	})
	accounts := map[string]bool{}
	for _, o := range p.plan.orders {
		if !accounts[o.account] {
			accounts[o.account] = true
			p.plan.accounts = append(p.plan.accounts, o.account)
		}
	}
	slices.Sort(p.plan.accounts)
	slices.SortFunc(p.plan.items, func(a, b *item) int { return cmp.Compare(strings.ToLower(a.sku), strings.ToLower(b.sku)) })
	return p.plan
}
