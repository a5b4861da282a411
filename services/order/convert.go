package order

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

func policyFromProto(policy orderv1.FulfillmentPolicy) domain.Policy {
	switch policy {
	case orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_COMPLETE:
		return domain.ShipComplete
	case orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_FILL_OR_KILL:
		return domain.FillOrKill
	default:
		return domain.ShipPartial
	}
}

func policyToProto(policy domain.Policy) orderv1.FulfillmentPolicy {
	return orderv1.FulfillmentPolicy(orderv1.FulfillmentPolicy_value["FULFILLMENT_POLICY_"+string(policy)])
}

func stateToProto(state domain.State) orderv1.OrderState {
	return orderv1.OrderState(orderv1.OrderState_value["ORDER_STATE_"+string(state)])
}

func statusToProto(status domain.Status) orderv1.OrderStatus {
	return orderv1.OrderStatus(orderv1.OrderStatus_value["ORDER_STATUS_"+string(status)])
}

// statusFromProto is empty for UNSPECIFIED: any.
func statusFromProto(status orderv1.OrderStatus) domain.Status {
	return domain.Status(enumName(status.String(), "ORDER_STATUS_"))
}

func stateFromProto(state orderv1.OrderState) domain.State {
	return domain.State(enumName(state.String(), "ORDER_STATE_"))
}

func holdTypeToProto(kind domain.HoldType) orderv1.HoldType {
	return orderv1.HoldType(orderv1.HoldType_value["HOLD_TYPE_"+string(kind)])
}

func holdTypeFromProto(kind orderv1.HoldType) domain.HoldType {
	return domain.HoldType(enumName(kind.String(), "HOLD_TYPE_"))
}

func enumName(name, prefix string) string {
	if name = name[len(prefix):]; name == "UNSPECIFIED" {
		return ""
	}
	return name
}

func roundingToProto(mode money.Rounding) commonv1.RoundingMode {
	if mode == money.HalfEven {
		return commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN
	}
	return commonv1.RoundingMode_ROUNDING_MODE_HALF_UP
}

func taxModeToProto(perDocument bool) commonv1.TaxMode {
	if perDocument {
		return commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
	}
	return commonv1.TaxMode_TAX_MODE_PER_LINE
}

func roundingFromProto(mode commonv1.RoundingMode) money.Rounding {
	if mode == commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN {
		return money.HalfEven
	}
	return money.HalfUp
}

// snapshotOf is the order as it was priced: what it is invoiced from, whatever the master data says later.
func snapshotOf(sub *submission, priced *domain.Priced, now time.Time) *orderv1.PricedOrder {
	req, account := sub.request, priced.Account
	lines := make([]orderv1.PricedLine, len(priced.Lines))
	pointers := make([]*orderv1.PricedLine, len(priced.Lines))
	for i := range priced.Lines {
		sent := req.GetLines()[i]
		fillLine(&lines[i], int32(i+1), &priced.Lines[i], sent.GetQuantity(), sent.GetExternalLineId())
		lines[i].ChargeMinor = priced.Lines[i].Charges
		pointers[i] = &lines[i]
	}
	return &orderv1.PricedOrder{
		OrderId: id.Format(id.Order, sub.id), PartnerId: req.GetPartnerId(), Channel: req.GetChannel(),
		ExternalOrderId: req.GetExternalOrderId(), ReleaseNumber: req.GetReleaseNumber(), AccountId: account.ID,
		LegalEntity: account.LegalEntity, CurrencyCode: account.Currency, PaymentDays: priced.BillTo.PaymentDays,
		TaxJurisdiction: priced.TaxJurisdiction, Rounding: roundingToProto(priced.Rounding), TaxMode: taxModeToProto(priced.PerDocument),
		OrderedAt: sub.placedAt(now), Lines: pointers, NetTotalMinor: priced.NetTotal, BillToAccountId: account.BillTo,
		Charges:       chargesToProto(priced.Charges),
		PaymentMethod: req.GetPaymentMethod(), OverShipToleranceBp: account.OverShipBasisPoints,
	}
}

// orderToProto puts an order together from its two parts.
func orderToProto(o *domain.Order, from *orderv1.PricedOrder, asOf time.Time) *orderv1.Order {
	to := &orderv1.Order{
		OrderId: from.GetOrderId(), PartnerId: from.GetPartnerId(), Channel: from.GetChannel(),
		ExternalOrderId: from.GetExternalOrderId(), ReleaseNumber: from.GetReleaseNumber(), AccountId: from.GetAccountId(),
		LegalEntity: from.GetLegalEntity(), CurrencyCode: from.GetCurrencyCode(), State: stateToProto(o.State),
		Status: statusToProto(o.Status()), FulfillmentPolicy: policyToProto(o.Policy), ShipTo: from.GetShipTo(),
		NetTotal:  &commonv1.Money{CurrencyCode: from.GetCurrencyCode(), MinorUnits: from.GetNetTotalMinor()},
		OrderedAt: from.GetOrderedAt(), ReceivedAt: timestamppb.New(o.ReceivedAt), AcceptedAt: timeToProto(o.AcceptedAt),
		CompletedAt: timeToProto(o.CompletedAt), Etag: etag(o), MasterDataAsOf: timeToProto(asOf),
		Revision: o.Revision,
		Lines:    make([]*orderv1.OrderLine, 0, len(o.Lines)),
	}
	to.BillToAccountId, to.PaymentDays, to.DuplicateOf = from.GetBillToAccountId(), from.GetPaymentDays(), o.DuplicateOf
	to.CancelAfter, to.RequestedShipDate, to.RequestedDeliveryDate = o.CancelAfter, o.RequestedShip, o.RequestedDelivery
	to.Charges, to.TotalBeforeTax = appliedCharges(from.GetCharges(), from.GetNetTotalMinor(), from.GetCurrencyCode())
	if !o.NotBefore.IsZero() {
		to.NotBefore = o.NotBefore.Format(time.DateOnly)
	}
	for _, hold := range o.Holds {
		to.Holds = append(to.Holds, holdToProto(hold))
	}
	for _, lifted := range o.Lifted {
		to.LiftedHolds = append(to.LiftedHolds, &orderv1.LiftedHold{
			Hold: holdToProto(lifted.Hold), LiftedAt: timestamppb.New(lifted.LiftedAt), LiftedBy: lifted.LiftedBy,
			LiftReason: lifted.LiftReason,
		})
	}
	to.Reasons, to.Terms = reasonsToProto(o.Reasons), termsToProto(o)
	to.PortalNotice, to.Freight = noticeToProto(o), freightToProto(o, from.GetCurrencyCode())
	for i, line := range from.GetLines() {
		if i < len(o.Lines) {
			to.Lines = append(to.Lines, lineToProto(&o.Lines[i], line, from.GetCurrencyCode()))
		}
	}
	return to
}

func etag(o *domain.Order) string { return strconv.FormatInt(o.Version, 10) }

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func holdToProto(hold domain.Hold) *orderv1.Hold {
	return &orderv1.Hold{
		Type: holdTypeToProto(hold.Type), Reason: hold.Reason, Message: hold.Message, PlacedAt: timestamppb.New(hold.PlacedAt),
		Actor: hold.Actor,
	}
}

func reasonsToProto(reasons []domain.Reason) []*orderv1.Reason {
	var converted []*orderv1.Reason
	for _, reason := range reasons {
		converted = append(converted, &orderv1.Reason{Reason: reason.Reason, Message: reason.Message, LineNumber: reason.Line})
	}
	return converted
}

func lineToProto(line *domain.Line, from *orderv1.PricedLine, currency string) *orderv1.OrderLine {
	format := func(base int64) string { return quantity.Format(base, int(from.GetScale())) }
	to := &orderv1.OrderLine{
		LineNumber: from.GetLineNumber(), ExternalLineId: from.GetExternalLineId(), Sku: from.GetSku(),
		Description: from.GetDescription(), Quantity: from.GetSentQuantity(), BaseUnit: from.GetBaseUnit(),
		UnitPrice: from.GetUnitPrice(), PriceUnit: from.GetPriceUnit(), PriceSource: from.GetPriceSource(),
		NetAmount: &commonv1.Money{CurrencyCode: currency, MinorUnits: from.GetNetAmountMinor()},
		Service:   from.GetService(), SubstituteForLine: from.GetSubstituteForLine(),
		Ordered: format(line.Ordered), Open: format(line.Open), Backordered: format(line.Backordered),
		Reserved: format(line.Reserved), Released: format(line.Released), Shipped: format(line.Shipped),
		Cancelled: format(line.Cancelled), Invoiced: format(line.Invoiced), Returned: format(line.Returned),
		ShipTo: from.GetShipTo(), ChargeMinor: from.GetChargeMinor(),
	}
	for _, place := range line.At {
		to.Allocations = append(to.Allocations, &orderv1.LineAllocation{
			NodeId: string(place.Node), Reserved: format(place.Reserved), Released: format(place.Released),
			Shipped: format(place.Shipped),
		})
	}
	return to
}
