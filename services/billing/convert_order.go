package billing

import (
	"fmt"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// orderFromProto reads a priced order. What cannot be read stands in its Defect: one bad order must not stop the others of
// a set.
func orderFromProto(order *orderv1.PricedOrder) *domain.Order {
	read := &domain.Order{
		Partner: order.GetPartnerId(), SoldTo: domain.AccountID(order.GetAccountId()), LegalEntity: order.GetLegalEntity(),
		Currency: order.GetCurrencyCode(), Rounding: roundingFromProto(order.GetRounding()),
		PaymentDays: int(order.GetPaymentDays()), Jurisdiction: order.GetTaxJurisdiction(), TaxMode: taxModeFromProto(order.GetTaxMode()),
		Revision: order.GetRevision(), Prepaid: order.GetPaymentMethod() != nil, Hash: string(order.GetSnapshotHash()), Lines: make([]domain.Line, len(order.GetLines())),
		Charges: convertAll(order.GetCharges(), func(charge *orderv1.PricedCharge) domain.Charge {
			return domain.Charge{Type: chargeTypeFromProto(charge.GetType()), Amount: charge.GetAmountMinor(), TaxClass: charge.GetTaxClass()}
		}),
	}
	if read.Account = domain.AccountID(order.GetBillToAccountId()); read.Account == "" {
		read.Account = read.SoldTo
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
			TaxClass: line.GetTaxClass(), Service: line.GetService(), Jurisdiction: line.GetTaxJurisdiction(),
			Charges: line.GetChargeMinor(),
		}
	}
	return read
}

func taxModeFromProto(mode commonv1.TaxMode) money.TaxLevel {
	if mode == commonv1.TaxMode_TAX_MODE_PER_DOCUMENT {
		return money.PerDocument
	}
	return money.PerLine
}

func taxModeToProto(level money.TaxLevel) commonv1.TaxMode {
	if level == money.PerDocument {
		return commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
	}
	return commonv1.TaxMode_TAX_MODE_PER_LINE
}

func chargeTypeFromProto(kind orderv1.ChargeType) domain.ChargeType {
	switch kind {
	case orderv1.ChargeType_CHARGE_TYPE_DISCOUNT:
		return domain.Discount
	case orderv1.ChargeType_CHARGE_TYPE_FREIGHT:
		return domain.Freight
	case orderv1.ChargeType_CHARGE_TYPE_FEE:
		return domain.Fee
	default:
		return "" // no snapshot with it is taken
	}
}

func chargeTypeToProto(kind domain.ChargeType) orderv1.ChargeType {
	switch kind {
	case domain.Discount:
		return orderv1.ChargeType_CHARGE_TYPE_DISCOUNT
	case domain.Freight:
		return orderv1.ChargeType_CHARGE_TYPE_FREIGHT
	case domain.Fee:
		return orderv1.ChargeType_CHARGE_TYPE_FEE
	}
	return orderv1.ChargeType_CHARGE_TYPE_UNSPECIFIED
}
