package importer

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/money"
)

// Reject is a row that is not accepted, and why.
type Reject struct {
	Row     int
	Field   string
	Reason  string
	Message string
}

// kind is what becomes of a row.
type kind int

const (
	ordered    kind = iota // a line of an order
	credited               // a line of a credit note
	writtenOff             // stock that is gone
)

// line is a row that is taken.
type line struct {
	row         int
	kind        kind
	number      string // of its order, credit note or write-off
	sku         string
	description string
	quantity    int64 // positive, whatever the kind
	price       money.Price
	at          time.Time // zero: unknown
	account     string    // empty for what is written off
}

// record is one row by column name.
type record struct {
	row    int
	values map[string]string
}

func (r record) get(column string) string {
	if column == "" {
		return ""
	}
	return strings.TrimSpace(r.values[column])
}

// parse reads a row, or says why it is refused. Rows with price 0 are accepted.
func (m *Mapping) parse(r record) (line, *Reject) {
	refuse := func(field, reason, message string) (line, *Reject) {
		return line{}, &Reject{Row: r.row, Field: field, Reason: reason, Message: message}
	}
	if refused := m.refuseTexts(r); refused != nil {
		return line{}, refused
	}
	l := line{row: r.row, number: r.get(m.Columns.OrderNumber), sku: r.get(m.Columns.SKU), description: r.get(m.Columns.Description)}
	if l.number == "" {
		return refuse(m.Columns.OrderNumber, "MISSING", "a row needs the number of its order")
	}
	if l.sku == "" {
		return refuse(m.Columns.SKU, "MISSING", "a row needs an item")
	}
	var err error
	if l.quantity, err = strconv.ParseInt(r.get(m.Columns.Quantity), 10, 64); err != nil || l.quantity == math.MinInt64 {
		return refuse(m.Columns.Quantity, "QUANTITY_INVALID", "a whole number is expected")
	}
	if l.price, err = money.ParsePrice(r.get(m.Columns.UnitPrice)); err != nil {
		return refuse(m.Columns.UnitPrice, "PRICE_INVALID", "a decimal with at most six places is expected")
	}
	if refused := l.sort(m, r); refused != nil {
		return line{}, refused
	}
	if text := r.get(m.Columns.OrderedAt); text != "" {
		if l.at, err = m.parseTime(text); err != nil {
			return refuse(m.Columns.OrderedAt, "TIME_INVALID", err.Error())
		}
	}
	if l.kind == writtenOff {
		return l, nil
	}
	l.account = strings.TrimSuffix(r.get(m.Columns.Account), m.TrimAccountSuffix)
	if l.account == "" {
		l.account = m.CashAccount
	}
	return l, nil
}

// sort finds out what kind of row it is, or that it is none.
func (l *line) sort(m *Mapping, r record) *Reject {
	refuse := func(field, reason, message string) *Reject {
		return &Reject{Row: r.row, Field: field, Reason: reason, Message: message}
	}
	note := m.CreditNotePrefix != "" && strings.HasPrefix(l.number, m.CreditNotePrefix)
	switch {
	case l.quantity == 0:
		return refuse(m.Columns.Quantity, "QUANTITY_ZERO", "nothing is ordered, credited or written off")
	case l.price < 0:
		return refuse(m.Columns.UnitPrice, "PRICE_NEGATIVE", "a price is never negative")
	case note && l.quantity > 0:
		return refuse(m.Columns.Quantity, "QUANTITY_NOT_NEGATIVE", "a credit note takes back, so its quantities are negative")
	case note && l.price == 0 && m.service(l.sku):
		return refuse(m.Columns.UnitPrice, "PRICE_ZERO", "a service at no price gives nothing back")
	case note:
		l.kind, l.quantity = credited, -l.quantity
	case l.quantity < 0 && l.price != 0:
		return refuse(m.Columns.OrderNumber, "QUANTITY_NEGATIVE", "a negative quantity at a price belongs on a credit note")
	case l.quantity < 0:
		l.kind, l.quantity = writtenOff, -l.quantity
	}
	return nil
}
