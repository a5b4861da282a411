package domain

import (
	"math/big"
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
	// Account owes it, SoldTo ordered.
	Account, SoldTo AccountID
	LegalEntity     string
	Currency        string
	Rounding        money.Rounding
	PaymentDays     int
	Jurisdiction    string
	TaxMode         money.TaxLevel
	State           State
	Lines           []InvoiceLine
	Charges         []InvoiceCharge
	// Net is the sum of the lines and charges before tax.
	Net, Tax money.Minor
	// OpenOrders is what it takes off the open orders of the account, NotInvoiced what it weighs instead until it is
	// issued: net amounts with the assumed tax. Counted says that the account's credit row has it so.
	OpenOrders, NotInvoiced money.Minor
	Counted                 bool
	EventSequence           int64
	// Deferred is why its tax is not there; empty when it was not asked for yet, or is there. Attempts counts the
	// failures since.
	Deferred string
	Attempts int64

	// Set when it is issued. Document is the number as it stands on the paper.
	Number   int64
	Document string
	Base     Base
	IssuedAt time.Time
	DueDate  time.Time
	Journal  *Journal

	Settlement
	// Disputed invoices are owed but never past due. OverdueTold says that it was told to be past due.
	Disputed      bool
	DisputeReason string
	OverdueTold   bool

	// SentAt is when it was first sent to its customer; zero: it was not. Deliveries are only loaded where they are shown.
	SentAt     time.Time
	Deliveries []Delivery
	// Discarded: its draft is put aside.
	Discarded Discarded
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	Position     int32
	ShipmentLine string
	Line         int32
	Quantity     int64
	// Net is price × quantity, Discount its part of the order's discounts, Exact what the two are before they are rounded:
	// only where the whole document is rounded at once.
	Net, Tax, Discount money.Minor
	Exact              *big.Rat
	TaxClass           string
	Jurisdiction       string
	Service            bool
	Taxes              []Tax
	// Credited is what credit memos have taken back of it.
	Credited Credited
}

// Credited is what credit memos have taken back of a line: a quantity, and of the amount before tax.
type Credited struct {
	Quantity int64
	Net      money.Minor
}

// Tax is one jurisdiction's tax on one line, as the engine returned it.
type Tax struct {
	Jurisdiction, Name, Rate string
	Amount                   money.Minor
	// Credited is what credit memos have given back of it.
	Credited money.Minor
}

// Total is what the customer has to pay.
func (i *Invoice) Total() money.Minor { return i.Net + i.Tax }

// AddTax adds a tax to the line or charge at a position. Positions count from 1 without gaps, charges after lines.
func (i *Invoice) AddTax(position int32, tax Tax) {
	if at := int(position) - 1; at < len(i.Lines) {
		i.Lines[at].Taxes = append(i.Lines[at].Taxes, tax)
		i.Lines[at].Tax += tax.Amount
	} else if at -= len(i.Lines); at < len(i.Charges) {
		i.Charges[at].Taxes = append(i.Charges[at].Taxes, tax)
		i.Charges[at].Tax += tax.Amount
	}
}

// Ship drafts the invoice of a shipment: its lines, and what of the exposure moves from open orders to not invoiced. It is
// nil when nothing of the shipment is billed. Faults: ORDER_UNKNOWN (Unavailable, since the snapshot may still come),
// ORDER_LINE_UNKNOWN, SCALE_MISMATCH.
//
// The credit row is not touched: it is busy with claims, and the exposure as a whole hardly changes. It follows when the
// invoice is issued, which takes it to the receivables at once, or when its tax is deferred.
//
// The amount of a line is round(price × all shipped so far) less what was invoiced of it before. Whatever the order in
// which an order's shipments arrive, and into how many parts it falls, they add up to the whole line rounded once. Where tax
// is rounded per document, the same holds of the order as a whole: the sum of its lines is rounded once.
func (b *Book) Ship(shipment Shipment, invoiceID uuid.UUID) (*Invoice, error) {
	order := b.orders[shipment.Order]
	if order == nil {
		return nil, fault.New(fault.Unavailable, ReasonOrderUnknown, "the order's prices have not come yet")
	}
	invoice := &Invoice{
		ID: invoiceID, Shipment: shipment.ID, Order: order.ID, Partner: order.Partner, Account: order.Account, SoldTo: order.SoldTo,
		LegalEntity: order.LegalEntity, Currency: order.Currency, Rounding: order.Rounding, PaymentDays: order.PaymentDays,
		Jurisdiction: order.Jurisdiction, TaxMode: order.TaxMode, State: TaxPending,
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
	if err := invoice.price(order); err != nil {
		return nil, err
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

// add takes in one shipped line, not priced yet, and returns by how much the open value of the order falls.
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
	added := InvoiceLine{
		Position: int32(len(i.Lines) + 1), ShipmentLine: shipped.ID, Line: line.Number, Quantity: shipped.Quantity,
		TaxClass: line.TaxClass, Jurisdiction: line.Jurisdiction, Service: line.Service,
	}
	if order.TaxMode != money.PerDocument {
		whole, err := order.net(line, to.Shipped)
		if err != nil {
			return 0, err
		}
		added.Net, to.Net = whole-to.Net, whole
	}
	fell, err := order.Progress.change(order.Order, line, order.Weighing, to)
	if err != nil {
		return 0, err
	}
	i.Lines = append(i.Lines, added)
	return fell, nil
}

// price computes the amounts of the lines that were added, and what the invoice weighs until it is issued.
func (i *Invoice) price(order *KnownOrder) error {
	if order.TaxMode == money.PerDocument {
		if err := i.roundOnce(order); err != nil {
			return err
		}
	}
	var err error
	for at := range i.Lines {
		if i.Net, err = money.Add(i.Net, i.Lines[at].Net); err != nil {
			return err
		}
	}
	if err := i.charge(order); err != nil {
		return err
	}
	for at := range i.Lines {
		if err := i.weigh(order, i.Lines[at].Taxable()); err != nil {
			return err
		}
	}
	for _, charge := range i.Charges {
		if charge.Type != Discount {
			if err := i.weigh(order, charge.Net); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *Invoice) weigh(order *KnownOrder, net money.Minor) error {
	weight, err := order.withTax(net, order.TaxRate)
	if err != nil {
		return err
	}
	i.NotInvoiced, err = money.Add(i.NotInvoiced, weight)
	return err
}

// roundOnce rounds the sum of all that was shipped of the order so far, and spreads what is not invoiced of it yet over the
// lines.
func (i *Invoice) roundOnce(order *KnownOrder) error {
	whole, err := order.Rounded(order.Progress)
	if err != nil {
		return err
	}
	for _, line := range order.Progress {
		whole -= line.Net
	}
	exact := make([]*big.Rat, len(i.Lines))
	for at := range i.Lines {
		if exact[at], err = order.exact(order.Line(i.Lines[at].Line), i.Lines[at].Quantity); err != nil {
			return err
		}
	}
	parts, err := money.Spread(whole, exact)
	if err != nil {
		return err
	}
	for at := range i.Lines {
		line := &i.Lines[at]
		line.Net = parts[at]
		to := order.Progress[line.Line]
		to.Net += parts[at]
		order.Progress[line.Line] = to
	}
	return nil
}
