package billing

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// completeInvoice adds what stands in the snapshot to an invoice whose lines are loaded.
func completeInvoice(invoice *domain.Invoice, order *orderv1.PricedOrder) error {
	if order == nil {
		return fmt.Errorf("invoice %s has no order snapshot", invoice.ID)
	}
	priced := orderFromProto(order)
	invoice.Rounding, invoice.PaymentDays = priced.Rounding, priced.PaymentDays
	invoice.Jurisdiction, invoice.TaxMode = priced.Jurisdiction, priced.TaxMode
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		ordered := priced.Line(line.Line)
		if ordered == nil {
			return fmt.Errorf("invoice %s: its order has no line %d", invoice.ID, line.Line)
		}
		line.TaxClass, line.Service, line.Jurisdiction = ordered.TaxClass, ordered.Service, ordered.Jurisdiction
		if invoice.TaxMode == money.PerDocument {
			exact, err := priced.ExactNet(line.Line, line.Quantity)
			if err != nil {
				return fmt.Errorf("invoice %s: %w", invoice.ID, err)
			}
			line.Exact = exact.Add(exact, new(big.Rat).SetInt64(line.Discount))
		}
	}
	for i := range invoice.Charges {
		if at := invoice.Charges[i].Charge; at < len(priced.Charges) {
			invoice.Charges[i].TaxClass = priced.Charges[at].TaxClass
		}
	}
	return nil
}

func pricedLines(order *orderv1.PricedOrder) map[int32]*orderv1.PricedLine {
	lines := make(map[int32]*orderv1.PricedLine, len(order.GetLines()))
	for _, line := range order.GetLines() {
		lines[line.GetLineNumber()] = line
	}
	return lines
}

// taxDocument asks for the tax of an invoice: of its lines less their discounts, and of its freights and fees.
func taxDocument(invoice *domain.Invoice) *taxv1.TaxDocument {
	document := &taxv1.TaxDocument{
		DocumentId: id.Format(id.Invoice, invoice.ID), Jurisdiction: invoice.Jurisdiction, LegalEntity: invoice.LegalEntity,
		CurrencyCode: invoice.Currency, Rounding: roundingToProto(invoice.Rounding), TaxMode: taxModeToProto(invoice.TaxMode),
		Lines: make([]*taxv1.TaxLine, 0, len(invoice.Lines)+len(invoice.Charges)),
	}
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		document.Lines = append(document.Lines, &taxv1.TaxLine{
			Position: line.Position, TaxClass: line.TaxClass, NetAmountMinor: line.Taxable(), Jurisdiction: line.Jurisdiction,
			ExactNetAmount: exactToProto(line.Exact),
		})
	}
	for _, charge := range invoice.Charges {
		if charge.Type != domain.Discount {
			document.Lines = append(document.Lines, &taxv1.TaxLine{
				Position: charge.Position, TaxClass: charge.TaxClass, NetAmountMinor: charge.Net,
			})
		}
	}
	return document
}

// exactToProto writes an amount with at most twelve places, empty where there is none.
func exactToProto(exact *big.Rat) string {
	if exact == nil {
		return ""
	}
	text := exact.FloatString(12)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func roundingToProto(mode money.Rounding) commonv1.RoundingMode {
	if mode == money.HalfEven {
		return commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN
	}
	return commonv1.RoundingMode_ROUNDING_MODE_HALF_UP
}

func taxesFromProto(outcome *taxv1.TaxOutcome) map[int32][]domain.Tax {
	taxes := make(map[int32][]domain.Tax, len(outcome.GetLines()))
	for _, line := range outcome.GetLines() {
		taxes[line.GetPosition()] = convertAll(line.GetTaxes(), func(tax *commonv1.TaxAmount) domain.Tax {
			return domain.Tax{
				Jurisdiction: tax.GetJurisdiction(), Name: tax.GetName(), Rate: tax.GetRate(), Amount: tax.GetAmountMinor(),
			}
		})
	}
	return taxes
}

func taxToProto(tax domain.Tax) *commonv1.TaxAmount {
	return &commonv1.TaxAmount{Jurisdiction: tax.Jurisdiction, Name: tax.Name, Rate: tax.Rate, AmountMinor: tax.Amount}
}

// invoiceToProto writes an invoice with the texts, prices and address of its order's snapshot.
func invoiceToProto(invoice *domain.Invoice, order *orderv1.PricedOrder) *billingv1.Invoice {
	amount := func(minor money.Minor) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: invoice.Currency, MinorUnits: minor}
	}
	written := &billingv1.Invoice{
		InvoiceId: id.Format(id.Invoice, invoice.ID), State: stateToProto(invoice),
		OrderId: id.Format(id.Order, invoice.Order), ShipmentId: id.Format(id.Shipment, invoice.Shipment),
		PartnerId: invoice.Partner, AccountId: string(invoice.SoldTo), BillToAccountId: string(invoice.Account),
		LegalEntity: invoice.LegalEntity, ExternalOrderId: order.GetExternalOrderId(),
		Lines:    make([]*billingv1.InvoiceLine, 0, len(invoice.Lines)),
		NetTotal: amount(invoice.Net), TaxTotal: amount(invoice.Tax), Total: amount(invoice.Total()),
		BalanceDue: amount(invoice.BalanceDue()), AppliedCash: amount(invoice.Cash), AppliedCredit: amount(invoice.Credit),
		WrittenOff: amount(invoice.WrittenOff), Rounding: order.GetRounding(), TaxMode: taxModeToProto(taxModeFromProto(order.GetTaxMode())),
		ShipTo: order.GetShipTo(), TaxDeferredReason: invoice.Deferred,
		Disputed: invoice.Disputed, DisputeReason: invoice.DisputeReason, Overdue: invoice.Overdue(),
		DiscardReason: invoice.Discarded.Reason, DiscardedBy: invoice.Discarded.By, Deliveries: convertAll(invoice.Deliveries, deliveryToProto),
	}
	if !invoice.SentAt.IsZero() {
		written.SentAt = timestamppb.New(invoice.SentAt)
	}
	if invoice.State == domain.Issued {
		written.InvoiceNumber = invoice.Document
		written.IssuedAt = timestamppb.New(invoice.IssuedAt)
		written.DueDate = invoice.DueDate.Format(time.DateOnly)
		written.JournalId = id.Format(id.Journal, invoice.Journal.ID)
		written.ExchangeRate, written.BaseTotal = baseToProto(invoice.Base)
		written.ExchangeGain = &commonv1.Money{CurrencyCode: invoice.Base.Currency, MinorUnits: invoice.ExchangeGain}
	}
	lines := pricedLines(order)
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		written.Lines = append(written.Lines, invoiceLineToProto(line, lines[line.Line]))
	}
	for _, charge := range invoice.Charges {
		charged := &billingv1.InvoiceCharge{
			Position: charge.Position, Type: chargeTypeToProto(charge.Type), NetAmountMinor: charge.Net, TaxAmountMinor: charge.Tax,
			Taxes: convertAll(charge.Taxes, taxToProto),
		}
		if charge.Charge < len(order.GetCharges()) {
			charged.Description = order.GetCharges()[charge.Charge].GetDescription()
		}
		written.Charges = append(written.Charges, charged)
	}
	return written
}

// baseToProto writes the rate and the total in the base currency.
func baseToProto(base domain.Base) (rate string, total *commonv1.Money) {
	return base.Rate.String(), &commonv1.Money{CurrencyCode: base.Currency, MinorUnits: base.Net + base.Tax}
}

func invoiceLineToProto(line *domain.InvoiceLine, priced *orderv1.PricedLine) *billingv1.InvoiceLine {
	return &billingv1.InvoiceLine{
		Position: line.Position, ShipmentLineId: line.ShipmentLine, LineNumber: line.Line, Sku: priced.GetSku(),
		Description: priced.GetDescription(), Quantity: quantity.Format(line.Quantity, int(priced.GetScale())),
		Unit: priced.GetBaseUnit(), UnitPrice: priced.GetUnitPrice(), PriceUnit: priced.GetPriceUnit(),
		NetAmountMinor: line.Net, DiscountMinor: line.Discount, TaxAmountMinor: line.Tax, Taxes: convertAll(line.Taxes, taxToProto),
		CreditedQuantity: quantity.Format(line.Credited.Quantity, int(priced.GetScale())),
	}
}

func deliveryToProto(delivery domain.Delivery) *billingv1.InvoiceDelivery {
	return &billingv1.InvoiceDelivery{
		Channel: delivery.Channel, Reference: delivery.Reference, SentAt: timestamppb.New(delivery.SentAt),
	}
}

// stateToProto tells the state of an invoice by what of it is settled.
func stateToProto(invoice *domain.Invoice) billingv1.InvoiceState {
	switch {
	case invoice.Discarded.Is() || invoice.State == domain.StateDiscarded:
		return billingv1.InvoiceState_INVOICE_STATE_DISCARDED
	case invoice.State == domain.TaxPending:
		return billingv1.InvoiceState_INVOICE_STATE_TAX_PENDING
	case invoice.SettledBy == domain.ByCash:
		return billingv1.InvoiceState_INVOICE_STATE_PAID
	case invoice.SettledBy == domain.ByCredit:
		return billingv1.InvoiceState_INVOICE_STATE_CREDITED
	case invoice.SettledBy == domain.ByWriteOff:
		return billingv1.InvoiceState_INVOICE_STATE_WRITTEN_OFF
	case invoice.BalanceDue() < invoice.Total():
		return billingv1.InvoiceState_INVOICE_STATE_PARTIALLY_PAID
	case !invoice.SentAt.IsZero():
		return billingv1.InvoiceState_INVOICE_STATE_SENT
	}
	return billingv1.InvoiceState_INVOICE_STATE_ISSUED
}
