package importer

import (
	"errors"
	"strings"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// textWrong says why a text cannot be sent; empty: it can. A file in Latin-1 is refused row by row instead of guessed at.
func textWrong(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "the text is not UTF-8; save the file as UTF-8"
	case strings.ContainsRune(text, 0):
		return "the character U+0000 is not allowed"
	}
	return ""
}

// refuseTexts refuses a row by its first column of ours that holds a text that cannot be sent.
func (m *Mapping) refuseTexts(r record) *Reject {
	c := m.Columns
	for _, column := range []string{c.OrderNumber, c.SKU, c.Description, c.Quantity, c.UnitPrice, c.OrderedAt, c.Account} {
		if message := textWrong(r.get(column)); message != "" {
			return &Reject{Row: r.row, Field: column, Reason: "TEXT_INVALID", Message: message}
		}
	}
	return nil
}

// unfit refuses a row whose item or customer the contract does not take: one such row must not stop the others of the set
// in which master data are made.
func (p *planner) unfit(l line) *Reject {
	known, ok := p.items[strings.ToLower(l.sku)]
	if !ok || known.description == "" {
		column, message := p.breach(p.mapping.item(l), map[string]string{"description": p.mapping.Columns.Description}, p.mapping.Columns.SKU)
		if message != "" {
			return &Reject{Row: l.row, Field: column, Reason: "ITEM_INVALID", Message: message}
		}
	}
	if l.kind != writtenOff && !p.fitting[l.account] {
		column, message := p.breach(p.mapping.account(l.account, ""), nil, p.mapping.Columns.Account)
		if message != "" {
			return &Reject{Row: l.row, Field: column, Reason: "ACCOUNT_INVALID", Message: message}
		}
		p.fitting[l.account] = true
	}
	return nil
}

// breach is the first rule of the contract that a message breaks, with the column behind it; empty: none.
func (p *planner) breach(message proto.Message, columns map[string]string, otherwise string) (column, text string) {
	err := protovalidate.Validate(message)
	if err == nil {
		return "", ""
	}
	broken, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok {
		return otherwise, err.Error()
	}
	first := broken.Violations[0].Proto
	path := protovalidate.FieldPathString(first.GetField())
	if named, ok := columns[path]; ok {
		otherwise = named
	}
	return otherwise, path + " " + first.GetMessage()
}

func (m *Mapping) item(l line) *masterdatav1.Item {
	return toItem(&item{sku: l.sku, description: l.description, service: m.service(l.sku)})
}

func (m *Mapping) account(id, jurisdiction string) *masterdatav1.Account {
	return &masterdatav1.Account{
		AccountId: id, Name: id, CurrencyCode: m.Currency, UnlimitedCredit: true, PaymentDays: 30, TaxJurisdiction: jurisdiction,
	}
}
