package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// State is where an invoice stands.
type State string

const (
	// TaxPending means that it waits for its tax.
	TaxPending State = "TAX_PENDING"
	// Issued means numbered, posted, final.
	Issued State = "ISSUED"
)

// Reasons for which a shipment cannot be billed as it stands.
const (
	ReasonOrderUnknown  = "ORDER_UNKNOWN"
	ReasonLineUnknown   = "ORDER_LINE_UNKNOWN"
	ReasonScaleMismatch = "SCALE_MISMATCH"
)

// Shipment is what left a warehouse.
type Shipment struct {
	ID, Order uuid.UUID
	Lines     []ShippedLine
}

// ShippedLine is one line of a shipment. An unplanned one is not billed.
type ShippedLine struct {
	ID        string
	Line      int32
	Quantity  int64
	Scale     int
	Unplanned bool
}

// Invoice is what a customer owes for one shipment.
type Invoice struct {
	ID, Shipment, Order uuid.UUID
	Partner             string
	Account             AccountID
	LegalEntity         string
	Currency            string
	Rounding            money.Rounding
	PaymentDays         int
	Jurisdiction        string
	State               State
	Lines               []InvoiceLine
	Net, Tax            money.Minor
	// OpenOrders is what it takes off the open orders of the account, NotInvoiced what it weighs instead until it is
	// issued: net amounts with the assumed tax. Counted says that the account's credit row has it so.
	OpenOrders, NotInvoiced money.Minor
	Counted                 bool
	EventSequence           int64
	// Deferred is why its tax is not there; empty when it was not asked for yet, or is there. Attempts counts the
	// failures since.
	Deferred string
	Attempts int64

	// Set when it is issued.
	Number   int64
	IssuedAt time.Time
	DueDate  time.Time
	Journal  *Journal
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	Position     int32
	ShipmentLine string
	Line         int32
	Quantity     int64
	Net, Tax     money.Minor
	TaxClass     string
	Service      bool
	Taxes        []Tax
}

// Tax is one jurisdiction's tax on one line, as the engine returned it.
type Tax struct {
	Jurisdiction, Name, Rate string
	Amount                   money.Minor
}

// Total is what the customer has to pay.
func (i *Invoice) Total() money.Minor { return i.Net + i.Tax }

// Ship drafts the invoice of a shipment: its lines, and what of the exposure moves from open orders to not invoiced. It is
// nil when nothing of the shipment is billed. Faults: ORDER_UNKNOWN (Unavailable, since the snapshot may still come),
// ORDER_LINE_UNKNOWN, SCALE_MISMATCH.
//
// The credit row is not touched: it is busy with claims, and the exposure as a whole hardly changes. It follows when the
// invoice is issued, which takes it to the receivables at once, or when its tax is deferred.
//
// The amount of a line is round(price × all shipped so far) less what was invoiced of it before. Whatever the order in
// which an order's shipments arrive, and into how many parts it falls, they add up to the whole line rounded once.
func (b *Book) Ship(shipment Shipment, invoiceID uuid.UUID) (*Invoice, error) {
	order := b.orders[shipment.Order]
	if order == nil {
		return nil, fault.New(fault.Unavailable, ReasonOrderUnknown, "the order's prices have not come yet")
	}
	invoice := &Invoice{
		ID: invoiceID, Shipment: shipment.ID, Order: order.ID, Partner: order.Partner, Account: order.Account,
		LegalEntity: order.LegalEntity, Currency: order.Currency, Rounding: order.Rounding, PaymentDays: order.PaymentDays,
		Jurisdiction: order.Jurisdiction, State: TaxPending,
	}
	var fell money.Minor
	for _, shipped := range shipment.Lines {
		if shipped.Unplanned || shipped.Quantity <= 0 {
			continue
		}
		less, err := invoice.add(order, shipped)
		if err != nil {
			return nil, err
		}
		fell += less
	}
	if len(invoice.Lines) == 0 {
		return nil, nil
	}
	order.progressChanged = true
	b.changeOrder(order)
	if claim := b.activeClaim(order); claim != nil && fell != 0 {
		invoice.OpenOrders = fell
		claim.Open -= fell
		b.changeClaim(claim)
	}
	return invoice, nil
}

// add bills one shipped line and returns by how much the open value of the order falls.
func (i *Invoice) add(order *KnownOrder, shipped ShippedLine) (money.Minor, error) {
	line := order.Line(shipped.Line)
	if line == nil {
		return 0, fault.New(fault.Invalid, ReasonLineUnknown, "the order has no line %d", shipped.Line)
	}
	if shipped.Scale != line.Scale {
		return 0, fault.New(fault.Invalid, ReasonScaleMismatch, "line %d was priced with %d decimal places and shipped with %d",
			line.Number, line.Scale, shipped.Scale)
	}
	to := order.Progress[line.Number]
	to.Shipped += shipped.Quantity
	whole, err := order.net(line, to.Shipped)
	if err != nil {
		return 0, err
	}
	net := whole - to.Net
	to.Net = whole
	fell, err := order.Progress.change(order.Order, line, order.TaxRate, to)
	if err != nil {
		return 0, err
	}
	weight, err := order.withTax(net, order.TaxRate)
	if err != nil {
		return 0, err
	}
	i.Lines = append(i.Lines, InvoiceLine{
		Position: int32(len(i.Lines) + 1), ShipmentLine: shipped.ID, Line: line.Number, Quantity: shipped.Quantity, Net: net,
		TaxClass: line.TaxClass, Service: line.Service,
	})
	if i.Net, err = money.Add(i.Net, net); err != nil {
		return 0, err
	}
	i.NotInvoiced, err = money.Add(i.NotInvoiced, weight)
	return fell, err
}
