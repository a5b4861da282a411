package importer

import (
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

// line is a row that may be ordered.
type line struct {
	row         int
	order       string
	sku         string
	description string
	quantity    int64
	price       money.Price
	orderedAt   time.Time // zero: unknown
	account     string
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

// parse reads a row, or says why it is refused. Rows with a positive quantity and price 0 are accepted.
func (m *Mapping) parse(r record) (line, *Reject) {
	refuse := func(field, reason, message string) (line, *Reject) {
		return line{}, &Reject{Row: r.row, Field: field, Reason: reason, Message: message}
	}
	if refused := m.refuseTexts(r); refused != nil {
		return line{}, refused
	}
	l := line{row: r.row, order: r.get(m.Columns.OrderNumber), sku: r.get(m.Columns.SKU),
		description: r.get(m.Columns.Description)}
	if l.order == "" {
		return refuse(m.Columns.OrderNumber, "MISSING", "a row needs the number of its order")
	}
	if m.CreditNotePrefix != "" && strings.HasPrefix(l.order, m.CreditNotePrefix) {
		return refuse(m.Columns.OrderNumber, "RETURNS_NOT_YET", "credit notes cannot be taken yet")
	}
	if l.sku == "" {
		return refuse(m.Columns.SKU, "MISSING", "a row needs an item")
	}
	var err error
	if l.quantity, err = strconv.ParseInt(r.get(m.Columns.Quantity), 10, 64); err != nil {
		return refuse(m.Columns.Quantity, "QUANTITY_INVALID", "a whole number is expected")
	}
	if l.quantity < 0 {
		return refuse(m.Columns.Quantity, "QUANTITY_NEGATIVE", "a negative quantity without a credit note is a stock write-off, no order")
	}
	if l.quantity == 0 {
		return refuse(m.Columns.Quantity, "QUANTITY_NOT_POSITIVE", "nothing is ordered")
	}
	if l.price, err = money.ParsePrice(r.get(m.Columns.UnitPrice)); err != nil {
		return refuse(m.Columns.UnitPrice, "PRICE_INVALID", "a decimal with at most six places is expected")
	}
	if l.price < 0 {
		return refuse(m.Columns.UnitPrice, "PRICE_NEGATIVE", "a price is never negative")
	}
	if text := r.get(m.Columns.OrderedAt); text != "" {
		if l.orderedAt, err = m.parseTime(text); err != nil {
			return refuse(m.Columns.OrderedAt, "TIME_INVALID", err.Error())
		}
	}
	l.account = strings.TrimSuffix(r.get(m.Columns.Account), m.TrimAccountSuffix)
	if l.account == "" {
		l.account = m.CashAccount
	}
	return l, nil
}
