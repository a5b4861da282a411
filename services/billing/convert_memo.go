package billing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// reasonLineInvalid refuses a line of a credit memo that says too little or too much.
const reasonLineInvalid = "LINE_INVALID"

func memoRequestFromProto(req *billingv1.CreateCreditMemoRequest) (memoRequest, error) {
	asked := memoRequest{
		account: domain.AccountID(req.GetAccountId()), currency: req.GetCurrencyCode(), partner: req.GetPartnerId(), reason: req.GetReason(),
	}
	for i, line := range req.GetLines() {
		read, err := memoLineFromProto(line, fmt.Sprintf("lines[%d].", i))
		if err != nil {
			return memoRequest{}, err
		}
		asked.lines = append(asked.lines, read)
		if read.Position != 0 && !slices.Contains(asked.invoices, read.Invoice) {
			asked.invoices = append(asked.invoices, read.Invoice)
		}
	}
	if len(asked.invoices) == 0 && asked.account == "" {
		return memoRequest{}, invalidLine("account_id", "needed when no invoice is credited")
	}
	return asked, nil
}

func invalidLine(path, message string) error {
	return fault.New(fault.Invalid, reasonLineInvalid, "%s: %s", path, message).WithField(path, reasonLineInvalid, message)
}

func memoLineFromProto(line *billingv1.CreditMemoRequestLine, path string) (memoRequestLine, error) {
	read := memoRequestLine{CreditWant: domain.CreditWant{
		Position: line.GetInvoicePosition(), Amount: line.GetAmountMinor(), TaxClass: line.GetTaxClass(), Service: line.GetService(),
		Item: domain.CreditedItem{SKU: line.GetSku(), Description: line.GetDescription(), Unit: line.GetUnit()},
	}}
	if line.GetInvoiceId() == "" {
		return read, freeLineFromProto(line, &read.CreditWant, path)
	}
	var err error
	if read.Invoice, err = parseID(id.Invoice, line.GetInvoiceId(), path+"invoice_id"); err != nil {
		return read, err
	}
	read.quantity = line.GetQuantity()
	switch {
	case read.Position == 0:
		return read, invalidLine(path+"invoice_position", "say which position of the invoice is credited")
	case (read.quantity == "") == (read.Amount == 0):
		return read, invalidLine(path+"quantity", "say either a quantity or an amount")
	case line.GetUnitPrice() != "" || read.TaxClass != "" || read.Item.SKU != "" || read.Item.Unit != "" || read.Service:
		return read, invalidLine(path+"unit_price", "item, price and tax are those of the invoice")
	}
	return read, nil
}

func freeLineFromProto(line *billingv1.CreditMemoRequestLine, want *domain.CreditWant, path string) error {
	switch {
	case want.Position != 0:
		return invalidLine(path+"invoice_id", "say whose position is credited")
	case want.Amount != 0:
		return invalidLine(path+"amount_minor", "without an invoice, say quantity and unit_price")
	case line.GetUnitPrice() == "":
		return invalidLine(path+"unit_price", "needed without an invoice")
	case want.Item.Description == "":
		return invalidLine(path+"description", "needed without an invoice")
	}
	var err error
	if want.Price, err = money.ParsePrice(line.GetUnitPrice()); err != nil {
		return invalidLine(path+"unit_price", err.Error())
	}
	want.Item.UnitPrice = line.GetUnitPrice()
	text := line.GetQuantity()
	if text == "" {
		text = "1"
	}
	_, fraction, _ := strings.Cut(text, ".")
	want.Item.Scale = len(strings.TrimRight(fraction, "0"))
	if want.Quantity, err = positiveQuantity(text, want.Item.Scale); err != nil {
		return invalidLine(path+"quantity", err.Error())
	}
	return nil
}

// positiveQuantity reads a quantity in the base unit.
func positiveQuantity(text string, scale int) (int64, error) {
	return quantity.ToBase(text, quantity.One, scale)
}

// creditedReturn is a return as far as crediting goes.
type creditedReturn struct {
	id, order       uuid.UUID
	partner, reason string
	account         domain.AccountID
	currency        string
	lines           []creditedReturnLine
}

type creditedReturnLine struct {
	position int32
	// credited counts from the beginning of the return.
	credited     int64
	shipmentLine string
	shipment     uuid.UUID
	want         domain.CreditWant
}

// returnFromProto reads those lines of a return of which something is to be credited.
func returnFromProto(document *fulfillmentv1.Return) (creditedReturn, error) {
	read := creditedReturn{
		partner: document.GetPartnerId(), reason: document.GetReason(), account: domain.AccountID(document.GetAccountId()),
		currency: document.GetCurrencyCode(),
	}
	var err error
	if read.id, err = id.Parse(id.Return, document.GetReturnId()); err != nil {
		return read, err
	}
	if document.GetOrderId() != "" {
		if read.order, err = id.Parse(id.Order, document.GetOrderId()); err != nil {
			return read, err
		}
	}
	for _, line := range document.GetLines() {
		if line.GetCredited() <= 0 || line.GetUnbilled() {
			continue
		}
		one, err := returnLineFromProto(line)
		if err != nil {
			return read, fmt.Errorf("return %s line %d: %w", document.GetReturnId(), line.GetPosition(), err)
		}
		read.lines = append(read.lines, one)
	}
	return read, nil
}

func returnLineFromProto(line *fulfillmentv1.ReturnLine) (creditedReturnLine, error) {
	one := creditedReturnLine{
		position: line.GetPosition(), credited: line.GetCredited(), shipmentLine: line.GetShipmentLineId(),
		want: domain.CreditWant{AtMost: true, FeeBP: line.GetRestockingFeeBp(), Service: line.GetService()},
	}
	var err error
	if one.shipmentLine != "" {
		shipment, _, _ := strings.Cut(one.shipmentLine, "/")
		one.shipment, err = id.Parse(id.Shipment, shipment)
		return one, err
	}
	one.want.TaxClass = line.GetTaxClass()
	one.want.Item = domain.CreditedItem{
		SKU: line.GetSku(), Description: line.GetSku(), Unit: line.GetBaseUnit(), Scale: int(line.GetScale()), UnitPrice: line.GetAgreedUnitPrice(),
	}
	one.want.Price, err = money.ParsePrice(line.GetAgreedUnitPrice())
	return one, err
}

// memoTaxDocument asks for the tax of a memo's lines without reference.
func memoTaxDocument(memo *domain.Memo) *taxv1.TaxDocument {
	return &taxv1.TaxDocument{
		DocumentId: id.Format(id.CreditMemo, memo.ID), Jurisdiction: memo.Jurisdiction, LegalEntity: memo.LegalEntity,
		CurrencyCode: memo.Currency, Rounding: roundingToProto(memo.Rounding), TaxMode: taxModeToProto(memo.TaxMode),
		Lines: convertAll(memo.FreeLines(), func(line *domain.MemoLine) *taxv1.TaxLine {
			return &taxv1.TaxLine{Position: line.Position, TaxClass: line.TaxClass, NetAmountMinor: line.Net}
		}),
	}
}

func memoToProto(memo *domain.Memo) *billingv1.CreditMemo {
	amount := func(minor money.Minor) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: memo.Currency, MinorUnits: minor}
	}
	written := &billingv1.CreditMemo{
		CreditMemoId: id.Format(id.CreditMemo, memo.ID), PartnerId: memo.Partner, AccountId: string(memo.SoldTo),
		BillToAccountId: string(memo.Account), LegalEntity: memo.LegalEntity, NetTotal: amount(memo.Net - memo.Fee),
		TaxTotal: amount(memo.Tax), Total: amount(memo.Total()), Unapplied: amount(memo.Unapplied()), Reason: memo.Reason,
		State: memoStateToProto(memo.State), DeferredReason: memo.Deferred,
		Lines: make([]*billingv1.CreditMemoLine, 0, len(memo.Lines)),
	}
	written.DiscardReason, written.DiscardedBy = memo.Discarded.Reason, memo.Discarded.By
	if memo.Discarded.Is() {
		written.State = billingv1.CreditMemoState_CREDIT_MEMO_STATE_DISCARDED
	}
	if memo.Return != uuid.Nil {
		written.ReturnId = id.Format(id.Return, memo.Return)
	}
	if memo.Order != uuid.Nil {
		written.OrderId = id.Format(id.Order, memo.Order)
	}
	if memo.State == domain.Issued {
		written.CreditMemoNumber, written.IssuedAt = memo.Document, timestamppb.New(memo.IssuedAt)
		written.JournalId = id.Format(id.Journal, memo.Journal.ID)
		written.ExchangeRate, written.BaseTotal = baseToProto(memo.Base)
	}
	for i := range memo.Lines {
		written.Lines = append(written.Lines, memoLineToProto(&memo.Lines[i]))
	}
	for _, application := range memo.Applications {
		written.Applications = append(written.Applications, &billingv1.CreditApplication{
			InvoiceId: id.Format(id.Invoice, application.Invoice), AmountMinor: application.Amount,
		})
	}
	return written
}

func memoLineToProto(line *domain.MemoLine) *billingv1.CreditMemoLine {
	written := &billingv1.CreditMemoLine{
		Position: line.Position, InvoicePosition: line.InvoicePosition, ShipmentLineId: line.ShipmentLine, Sku: line.Item.SKU,
		Description: line.Item.Description, Quantity: decimal.Format(line.Quantity, line.Item.Scale), Unit: line.Item.Unit,
		UnitPrice: line.Item.UnitPrice, NetAmountMinor: line.Net, FeeMinor: line.Fee, TaxAmountMinor: line.Tax,
		Taxes: convertAll(line.Taxes, taxToProto),
	}
	if line.InvoicePosition != 0 {
		written.InvoiceId = id.Format(id.Invoice, line.Invoice)
	}
	return written
}

func memoStateToProto(state domain.State) billingv1.CreditMemoState {
	switch state {
	case domain.Issued:
		return billingv1.CreditMemoState_CREDIT_MEMO_STATE_ISSUED
	case domain.StateDiscarded:
		return billingv1.CreditMemoState_CREDIT_MEMO_STATE_DISCARDED
	default:
		return billingv1.CreditMemoState_CREDIT_MEMO_STATE_PENDING
	}
}
