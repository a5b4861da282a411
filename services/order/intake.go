package order

import (
	"time"

	"google.golang.org/protobuf/proto"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// readDates checks what needs no more than the request, and settles the day whose prices count.
func (s *submission) readDates(now time.Time) error {
	if at := s.request.GetOrderedAt(); at != nil {
		if at.CheckValid() != nil || at.AsTime().After(now.Add(maxAhead)) {
			return fault.New(fault.Invalid, "TIME_INVALID", "ordered_at is no time of the past").
				WithField("ordered_at", "TIME_INVALID", "at most a day ahead of now")
		}
		s.orderedAt = at.AsTime()
	}
	s.ask.Day = s.placedAt(now).AsTime().Format(time.DateOnly)
	days := map[string]string{
		"not_before": s.request.GetNotBefore(), "cancel_after": s.intake.CancelAfter,
		"requested_ship_date": s.intake.RequestedShip, "requested_delivery_date": s.intake.RequestedDelivery,
	}
	for field, text := range days {
		if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
			return fault.New(fault.Invalid, "DATE_INVALID", "%s is no date", field).
				WithField(field, "DATE_INVALID", "a day as YYYY-MM-DD is expected")
		}
	}
	if text := days["not_before"]; text != "" {
		s.notBefore, _ = time.Parse(time.DateOnly, text)
	}
	return s.orderDates()
}

// orderDates refuses days that contradict each other.
func (s *submission) orderDates() error {
	notBefore, last := s.request.GetNotBefore(), s.intake.CancelAfter
	for _, pair := range []struct{ first, then, field, message string }{
		{notBefore, last, "cancel_after", "it is before not_before"},
		{notBefore, s.intake.RequestedShip, "requested_ship_date", "it is before not_before"},
		{s.intake.RequestedShip, last, "requested_ship_date", "it is after cancel_after"},
		{s.intake.RequestedShip, s.intake.RequestedDelivery, "requested_delivery_date", "it is before requested_ship_date"},
	} {
		if pair.first != "" && pair.then != "" && pair.then < pair.first {
			return fault.New(fault.Invalid, "DATE_ORDER", "%s cannot be: %s", pair.field, pair.message).
				WithField(pair.field, "DATE_ORDER", pair.message)
		}
	}
	return nil
}

// passed is why an order whose last day is over is not taken; a repeat of one that was taken before that is answered.
func (s *submission) passed(now time.Time) error {
	if s.intake.CancelAfter == "" || s.intake.CancelAfter >= now.Format(time.DateOnly) {
		return nil
	}
	return fault.New(fault.Invalid, "DATE_PASSED", "the last day on which it may be shipped is over").
		WithField("cancel_after", "DATE_PASSED", "this day is over in UTC")
}

// askOf is what a request asks to be priced.
func askOf(req *orderv1.SubmitOrderRequest, caller rpc.Identity) domain.Ask {
	return domain.Ask{
		AccountID: req.GetAccountId(), Currency: req.GetCurrencyCode(), Partner: req.GetPartnerId(),
		Lines: askLines(req.GetLines(), req.GetPartnerId()), Charges: askCharges(req.GetCharges()),
		ShipTo:   domain.AskShipTo{Given: req.GetShipTo() != nil, Code: req.GetShipToCode()},
		MayAgree: caller.Partner == "" || caller.Allows(scopeAgreedPrice),
	}
}

func askLines(lines []*orderv1.SubmitOrderLine, partner string) []domain.AskLine {
	asked := make([]domain.AskLine, len(lines))
	for i, line := range lines {
		to := &asked[i]
		to.SKU, to.Quantity, to.Unit = line.GetSku(), line.GetQuantity().GetValue(), line.GetQuantity().GetUnit()
		to.UnitPrice = line.GetUnitPrice()
		to.ShipTo = domain.AskShipTo{Given: line.GetShipTo() != nil, Code: line.GetShipToCode()}
		if code := line.GetItemCode(); code != nil {
			to.Code = codeKey(code.GetType(), partner, code.GetCode())
		}
	}
	return asked
}

func askCharges(charges []*orderv1.OrderCharge) []domain.AskCharge {
	asked := make([]domain.AskCharge, len(charges))
	for i, charge := range charges {
		asked[i] = domain.AskCharge{
			Type:        domain.ChargeType(enumName(charge.GetType().String(), "CHARGE_TYPE_")),
			Description: charge.GetDescription(), TaxClass: charge.GetTaxClass(), Percent: charge.GetPercent(),
			Amount: charge.GetAmount().GetMinorUnits(), Currency: charge.GetAmount().GetCurrencyCode(),
		}
	}
	return asked
}

func chargesToProto(charges []domain.Charge) []*orderv1.PricedCharge {
	var converted []*orderv1.PricedCharge
	for _, charge := range charges {
		converted = append(converted, &orderv1.PricedCharge{
			Type:        orderv1.ChargeType(orderv1.ChargeType_value["CHARGE_TYPE_"+string(charge.Type)]),
			Description: charge.Description, AmountMinor: charge.Amount, TaxClass: charge.TaxClass,
		})
	}
	return converted
}

// appliedCharges are the charges as partners see them, and the total with them.
func appliedCharges(from []*orderv1.PricedCharge, net int64, currency string) ([]*orderv1.AppliedCharge, *commonv1.Money) {
	var applied []*orderv1.AppliedCharge
	for _, charge := range from {
		net += charge.GetAmountMinor()
		applied = append(applied, &orderv1.AppliedCharge{
			Type: charge.GetType(), Description: charge.GetDescription(), TaxClass: charge.GetTaxClass(),
			Amount: &commonv1.Money{CurrencyCode: currency, MinorUnits: charge.GetAmountMinor()},
		})
	}
	return applied, &commonv1.Money{CurrencyCode: currency, MinorUnits: net}
}

// direct writes into a snapshot where the order and its lines go, and numbers the places of the lines that go elsewhere.
func direct(snapshot *orderv1.PricedOrder, lines []domain.Line, req *orderv1.SubmitOrderRequest, priced *domain.Priced) {
	snapshot.ShipTo = req.GetShipTo()
	if priced.ShipTo != nil {
		snapshot.ShipTo = addressToProto(&priced.ShipTo.Address)
	}
	var places []*commonv1.Address
	for i, sent := range req.GetLines() {
		to, address := snapshot.GetLines()[i], sent.GetShipTo()
		if place := priced.Lines[i].ShipTo; place != nil {
			address = addressToProto(&place.Address)
			if jurisdiction := place.TaxJurisdiction; jurisdiction != snapshot.GetTaxJurisdiction() {
				to.TaxJurisdiction = jurisdiction
			}
		}
		if address == nil || proto.Equal(address, snapshot.GetShipTo()) {
			continue
		}
		to.ShipTo = address
		at := 0
		for at < len(places) && !proto.Equal(places[at], address) {
			at++
		}
		if at == len(places) {
			places = append(places, address)
		}
		lines[i].ShipTo = at + 1
	}
}
