package order

import (
	"context"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// quoteFreight asks how the goods of a set of orders may travel, and chooses.
func (b backend) quoteFreight(ctx context.Context, calls []process.Call) error {
	if b.tms == nil {
		return nil // an order of before it was taken away
	}
	req, today := &tmsv1.QuoteFreightRequest{}, b.now()
	for _, call := range calls {
		order, err := pricedIn(call.Work)
		if err != nil {
			return err
		}
		req.Questions = append(req.Questions, freightQuestion(call.Work.Order, order, today))
	}
	reply, err := b.tms.QuoteFreight(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.QuoteFreight, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		answer := &process.Answer{Refusal: refusalFromProto(outcome.GetRefusal())}
		if answer.Refusal == nil {
			choice := domain.ChooseFreight(optionsFromProto(outcome, req.GetQuestions()[i].GetValue().GetCurrencyCode()), calls[i].Work.Order.RequestedDelivery)
			answer.Freight = &choice
		}
		calls[i].Step.Answer = answer
	}
	return nil
}

func freightQuestion(o *domain.Order, order *orderv1.PricedOrder, today time.Time) *tmsv1.FreightQuestion {
	day := today
	if o.NotBefore.After(day) {
		day = o.NotBefore
	}
	question := &tmsv1.FreightQuestion{
		OrderId: order.GetOrderId(), ShipTo: order.GetShipTo(), ShipOn: day.Format(time.DateOnly),
		Value: &commonv1.Money{CurrencyCode: order.GetCurrencyCode()},
	}
	for _, line := range order.GetLines() {
		if !line.GetService() {
			question.Lines++
			question.Value.MinorUnits += line.GetNetAmountMinor()
		}
	}
	return question
}

// optionsFromProto leaves out what does not cost the order's currency: it cannot be compared.
func optionsFromProto(outcome *tmsv1.FreightOutcome, currency string) []domain.FreightOption {
	var options []domain.FreightOption
	for _, option := range outcome.GetOptions() {
		if option.GetCost().GetCurrencyCode() == currency {
			options = append(options, domain.FreightOption{
				Carrier: option.GetCarrier(), Service: option.GetService(), CostMinor: option.GetCost().GetMinorUnits(), ArrivesOn: option.GetArrivesOn(),
			})
		}
	}
	return options
}
