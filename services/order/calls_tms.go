package order

import (
	"context"
	"slices"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// quoteFreight asks how the goods of a set of orders may travel to the orders' addresses, and chooses. An order none of whose goods go
// there is not asked about.
func (b backend) quoteFreight(ctx context.Context, calls []process.Call) error {
	if b.tms == nil {
		return nil // an order of before it was taken away
	}
	req, today := &tmsv1.QuoteFreightRequest{}, b.now()
	var asked []process.Call
	for _, call := range calls {
		order, err := pricedIn(call.Work)
		if err != nil {
			return err
		}
		if goesTo(order) {
			asked = append(asked, call)
			req.Questions = append(req.Questions, freightQuestion(order, firstDay(call.Work, today)))
		}
	}
	if len(asked) == 0 {
		return nil
	}
	reply, err := b.tms.QuoteFreight(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.QuoteFreight, len(asked), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		answer := &process.Answer{Refusal: refusalFromProto(outcome.GetRefusal())}
		if answer.Refusal == nil {
			question := req.GetQuestions()[i]
			choice := domain.ChooseFreight(optionsFromProto(outcome, question.GetValue().GetCurrencyCode()), asked[i].Work.Order.RequestedDelivery)
			choice.LeavesOn = question.GetShipOn()
			answer.Freight = &choice
		}
		asked[i].Step.Answer = answer
	}
	return nil
}

// goesTo reports whether goods go to the order's address: each line may have its own.
func goesTo(order *orderv1.PricedOrder) bool {
	return order.GetShipTo().GetCountryCode() != "" && slices.ContainsFunc(order.GetLines(), goesThere)
}

func goesThere(line *orderv1.PricedLine) bool { return !line.GetService() && line.GetShipTo() == nil }

// firstDay is the first day on which an order may be shipped, as it is or as it is to be amended.
func firstDay(work *process.Work, today time.Time) time.Time {
	day := work.Order.NotBefore
	if amendment := work.Process.Amendment(); amendment != nil && amendment.NotBefore != nil {
		day = *amendment.NotBefore
	}
	if day.After(today) {
		return day
	}
	return today
}

func freightQuestion(order *orderv1.PricedOrder, day time.Time) *tmsv1.FreightQuestion {
	question := &tmsv1.FreightQuestion{
		OrderId: order.GetOrderId(), ShipTo: order.GetShipTo(), ShipOn: day.Format(time.DateOnly),
		Value: &commonv1.Money{CurrencyCode: order.GetCurrencyCode()},
	}
	for _, line := range order.GetLines() {
		if goesThere(line) {
			question.Lines++
			question.Value.MinorUnits += line.GetNetAmountMinor()
		}
	}
	return question
}

// optionsFromProto leaves out what cannot be compared, as what does not cost the order's currency, and what no warehouse can be told.
func optionsFromProto(outcome *tmsv1.FreightOutcome, currency string) []domain.FreightOption {
	var options []domain.FreightOption
	for _, option := range outcome.GetOptions() {
		one := domain.FreightOption{
			Carrier: option.GetCarrier(), Service: option.GetService(), CostMinor: option.GetCost().GetMinorUnits(), ArrivesOn: option.GetArrivesOn(),
		}
		if option.GetCost().GetCurrencyCode() == currency && one.Usable() {
			options = append(options, one)
		}
	}
	return options
}
