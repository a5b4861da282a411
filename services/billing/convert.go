package billing

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

func convertAll[From, To any](list []From, convert func(From) To) []To {
	converted := make([]To, 0, len(list))
	for _, one := range list {
		converted = append(converted, convert(one))
	}
	return converted
}

func accountFromProto(account *masterdatav1.Account) (store.AccountCopy, error) {
	rate := money.Rate(0)
	if text := account.GetEstimatedTaxRate(); text != "" {
		var err error
		if rate, err = money.ParseRate(text); err != nil {
			return store.AccountCopy{}, fmt.Errorf("account %s: %w", account.GetAccountId(), err)
		}
	}
	return store.AccountCopy{
		ID: domain.AccountID(account.GetAccountId()), LegalEntity: account.GetLegalEntity(),
		Currency: account.GetCurrencyCode(), Limit: account.GetCreditLimitMinor(), Unlimited: account.GetUnlimitedCredit(),
		Stop: account.GetCreditStop(), TaxRate: rate, Version: account.GetVersion(), AsOf: account.GetUpdatedAt().AsTime(),
	}, nil
}

func claimsFromProto(req *billingv1.ClaimCreditRequest) ([]domain.ClaimWant, error) {
	wants := make([]domain.ClaimWant, 0, len(req.GetClaims()))
	for i, claim := range req.GetClaims() {
		snapshot, err := proto.Marshal(claim.GetOrder())
		if err != nil {
			return nil, fmt.Errorf("claims[%d].order: %w", i, err)
		}
		wants = append(wants, domain.ClaimWant{
			Key: claim.GetKey(), ID: id.New(), Forced: claim.GetForced(), Order: orderFromProto(claim.GetOrder()),
			Snapshot: snapshot,
		})
	}
	return wants, nil
}

func claimToProto(claim *domain.Claim) *billingv1.CreditClaimOutcome {
	if claim.Outcome == domain.Granted {
		return &billingv1.CreditClaimOutcome{
			Outcome: &billingv1.CreditClaimOutcome_ClaimId{ClaimId: id.Format(id.Claim, claim.ID)},
		}
	}
	refusal := &commonv1.Refusal{Reason: claim.Reason, Message: claim.Message}
	if claim.Outcome == domain.Refused {
		refusal.Details = map[string]string{
			"exposure": strconv.FormatInt(claim.Exposure, 10), "limit": strconv.FormatInt(claim.Limit, 10),
			"requested": strconv.FormatInt(claim.Requested, 10),
		}
	}
	return &billingv1.CreditClaimOutcome{Outcome: &billingv1.CreditClaimOutcome_Refusal{Refusal: refusal}}
}

func releasesFromProto(req *billingv1.ReleaseCreditRequest) ([]domain.ReleaseWant, error) {
	wants := make([]domain.ReleaseWant, 0, len(req.GetReleases()))
	for i, release := range req.GetReleases() {
		order, err := id.Parse(id.Order, release.GetOrderId())
		if err != nil {
			refusal, _ := fault.As(err)
			return nil, refusal.WithField(fmt.Sprintf("releases[%d].order_id", i), refusal.Reason, refusal.Message)
		}
		want := domain.ReleaseWant{Key: release.GetKey(), Order: order, ClaimKey: release.GetClaimKey()}
		for _, line := range release.GetLines() {
			want.Lines = append(want.Lines, domain.LineQuantity{Line: line.GetLineNumber(), Quantity: line.GetCancelled()})
		}
		wants = append(wants, want)
	}
	return wants, nil
}

// orderFromProto reads a priced order. What cannot be read stands in its Defect: one bad order must not stop the others of
// a set.
func orderFromProto(order *orderv1.PricedOrder) *domain.Order {
	read := &domain.Order{
		Partner: order.GetPartnerId(), Account: domain.AccountID(order.GetAccountId()), LegalEntity: order.GetLegalEntity(),
		Currency: order.GetCurrencyCode(), Rounding: roundingFromProto(order.GetRounding()),
		PaymentDays: int(order.GetPaymentDays()), Jurisdiction: order.GetTaxJurisdiction(),
		Hash: string(order.GetSnapshotHash()), Lines: make([]domain.Line, len(order.GetLines())),
	}
	var err error
	if read.ID, err = id.Parse(id.Order, order.GetOrderId()); err != nil {
		read.Defect = "its id cannot be read"
	}
	for i, line := range order.GetLines() {
		price, err := money.ParsePrice(line.GetUnitPrice())
		if err != nil {
			read.Defect = fmt.Sprintf("the price of line %d cannot be read", line.GetLineNumber())
		}
		read.Lines[i] = domain.Line{
			Number: line.GetLineNumber(), Quantity: line.GetQuantity(), Scale: int(line.GetScale()), Price: price,
			Numerator: line.GetPriceNumerator(), Denominator: line.GetPriceDenominator(), Net: line.GetNetAmountMinor(),
			TaxClass: line.GetTaxClass(), Service: line.GetService(),
		}
	}
	return read
}

func decodeSnapshot(snapshot []byte) (*orderv1.PricedOrder, error) {
	order := &orderv1.PricedOrder{}
	if err := proto.Unmarshal(snapshot, order); err != nil {
		return nil, fmt.Errorf("decode order snapshot: %w", err)
	}
	return order, nil
}

func orderFromSnapshot(snapshot []byte) (*domain.Order, error) {
	order, err := decodeSnapshot(snapshot)
	if err != nil {
		return nil, err
	}
	return orderFromProto(order), nil
}

func roundingFromProto(mode commonv1.RoundingMode) money.Rounding {
	switch mode {
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_UP:
		return money.HalfUp
	case commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN:
		return money.HalfEven
	default:
		return "" // no amount can be computed with it
	}
}

func shipmentFromProto(shipment *fulfillmentv1.Shipment) (domain.Shipment, error) {
	shipmentID, err := id.Parse(id.Shipment, shipment.GetShipmentId())
	if err != nil {
		return domain.Shipment{}, err
	}
	order, err := id.Parse(id.Order, shipment.GetOrderId())
	if err != nil {
		return domain.Shipment{}, err
	}
	read := domain.Shipment{ID: shipmentID, Order: order}
	for _, line := range shipment.GetLines() {
		read.Lines = append(read.Lines, domain.ShippedLine{
			ID: line.GetShipmentLineId(), Line: line.GetLineNumber(), Quantity: line.GetQuantity(), Scale: int(line.GetScale()),
			Unplanned: line.GetUnplanned(),
		})
	}
	return read, nil
}

// completeInvoice adds what stands in the snapshot to an invoice whose lines are loaded.
func completeInvoice(invoice *domain.Invoice, order *orderv1.PricedOrder) error {
	if order == nil {
		return fmt.Errorf("invoice %s has no order snapshot", invoice.ID)
	}
	invoice.Rounding, invoice.PaymentDays = roundingFromProto(order.GetRounding()), int(order.GetPaymentDays())
	invoice.Jurisdiction = order.GetTaxJurisdiction()
	lines := pricedLines(order)
	for i := range invoice.Lines {
		priced := lines[invoice.Lines[i].Line]
		invoice.Lines[i].TaxClass, invoice.Lines[i].Service = priced.GetTaxClass(), priced.GetService()
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

func taxDocument(invoice *domain.Invoice) *taxv1.TaxDocument {
	document := &taxv1.TaxDocument{
		DocumentId: id.Format(id.Invoice, invoice.ID), Jurisdiction: invoice.Jurisdiction, LegalEntity: invoice.LegalEntity,
		CurrencyCode: invoice.Currency, Rounding: commonv1.RoundingMode_ROUNDING_MODE_HALF_UP,
		Lines: make([]*taxv1.TaxLine, 0, len(invoice.Lines)),
	}
	if invoice.Rounding == money.HalfEven {
		document.Rounding = commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN
	}
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		document.Lines = append(document.Lines, &taxv1.TaxLine{
			Position: line.Position, TaxClass: line.TaxClass, NetAmountMinor: line.Net,
		})
	}
	return document
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

func creditToProto(credit *domain.Credit) *billingv1.CreditStatus {
	return &billingv1.CreditStatus{
		AccountId: string(credit.Account), LegalEntity: credit.LegalEntity, CurrencyCode: credit.Currency,
		ArOpenMinor: credit.Receivable, ShippedNotInvoicedMinor: credit.NotInvoiced, OpenOrdersMinor: credit.OpenOrders,
		ExposureMinor: credit.Exposure(), LimitMinor: credit.Limit, Unlimited: credit.Unlimited, Stopped: credit.Stopped,
		Version: credit.Version, TermsAsOf: timestamppb.New(credit.TermsAsOf),
	}
}

// invoiceToProto writes an invoice with the texts, prices and address of its order's snapshot.
func invoiceToProto(invoice *domain.Invoice, order *orderv1.PricedOrder) *billingv1.Invoice {
	amount := func(minor money.Minor) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: invoice.Currency, MinorUnits: minor}
	}
	written := &billingv1.Invoice{
		InvoiceId: id.Format(id.Invoice, invoice.ID), State: stateToProto(invoice.State),
		OrderId: id.Format(id.Order, invoice.Order), ShipmentId: id.Format(id.Shipment, invoice.Shipment),
		PartnerId: invoice.Partner, AccountId: string(invoice.Account), LegalEntity: invoice.LegalEntity,
		ExternalOrderId: order.GetExternalOrderId(), Lines: make([]*billingv1.InvoiceLine, 0, len(invoice.Lines)),
		NetTotal: amount(invoice.Net), TaxTotal: amount(invoice.Tax), Total: amount(invoice.Total()),
		BalanceDue: amount(invoice.Total()), Rounding: order.GetRounding(), ShipTo: order.GetShipTo(),
		TaxDeferredReason: invoice.Deferred,
	}
	if invoice.State == domain.Issued {
		written.InvoiceNumber = domain.InvoiceNumber(invoice.LegalEntity, invoice.Number)
		written.IssuedAt = timestamppb.New(invoice.IssuedAt)
		written.DueDate = invoice.DueDate.Format(time.DateOnly)
		written.JournalId = id.Format(id.Journal, invoice.Journal.ID)
	}
	lines := pricedLines(order)
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		written.Lines = append(written.Lines, invoiceLineToProto(line, lines[line.Line]))
	}
	return written
}

func invoiceLineToProto(line *domain.InvoiceLine, priced *orderv1.PricedLine) *billingv1.InvoiceLine {
	return &billingv1.InvoiceLine{
		Position: line.Position, ShipmentLineId: line.ShipmentLine, LineNumber: line.Line, Sku: priced.GetSku(),
		Description: priced.GetDescription(), Quantity: quantity.Format(line.Quantity, int(priced.GetScale())),
		Unit: priced.GetBaseUnit(), UnitPrice: priced.GetUnitPrice(), PriceUnit: priced.GetPriceUnit(),
		NetAmountMinor: line.Net, TaxAmountMinor: line.Tax,
		Taxes: convertAll(line.Taxes, func(tax domain.Tax) *commonv1.TaxAmount {
			return &commonv1.TaxAmount{
				Jurisdiction: tax.Jurisdiction, Name: tax.Name, Rate: tax.Rate, AmountMinor: tax.Amount,
			}
		}),
	}
}

func stateToProto(state domain.State) billingv1.InvoiceState {
	if state == domain.Issued {
		return billingv1.InvoiceState_INVOICE_STATE_ISSUED
	}
	return billingv1.InvoiceState_INVOICE_STATE_TAX_PENDING
}

// orderIDs are the orders of the invoices.
func orderIDs(invoices []*domain.Invoice) []uuid.UUID {
	return convertAll(invoices, func(invoice *domain.Invoice) uuid.UUID { return invoice.Order })
}
