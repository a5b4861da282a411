package tms

import (
	"context"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	"github.com/waybill-dev/waybill/internal/money"
)

// QuoteFreight implements the RPC of the same name. Refusals: NO_CARRIER, and QUESTION_UNCLEAR for a day or a currency that is none.
func (s *Service) QuoteFreight(_ context.Context, req *tmsv1.QuoteFreightRequest) (*tmsv1.QuoteFreightResponse, error) {
	reply := &tmsv1.QuoteFreightResponse{}
	for _, question := range req.GetQuestions() {
		reply.Outcomes = append(reply.Outcomes, s.quote(question))
	}
	return reply, nil
}

func (s *Service) quote(question *tmsv1.FreightQuestion) *tmsv1.FreightOutcome {
	country, currency := question.GetShipTo().GetCountryCode(), question.GetValue().GetCurrencyCode()
	day, err := time.Parse(time.DateOnly, question.GetShipOn())
	if err != nil {
		return refused("QUESTION_UNCLEAR", "no such day: "+question.GetShipOn())
	}
	places, err := money.Places(currency)
	if err != nil {
		return refused("QUESTION_UNCLEAR", "no such currency: "+currency)
	}
	if unserved[country] || country == "" {
		return refused("NO_CARRIER", "no carrier goes there")
	}
	outcome := &tmsv1.FreightOutcome{}
	for _, one := range table[s.distanceTo(country)] {
		outcome.Options = append(outcome.Options, &tmsv1.FreightOption{
			Carrier: one.carrier, Service: one.name, ArrivesOn: day.AddDate(0, 0, one.days).Format(time.DateOnly),
			Cost: &commonv1.Money{CurrencyCode: currency, MinorUnits: inMinor(one.base+one.perLine*int64(question.GetLines()), places)},
		})
	}
	return outcome
}

// inMinor turns hundredths of a currency's unit into its minor units, rounded up.
func inMinor(hundredths int64, places int) int64 {
	minor := hundredths
	for range places {
		minor *= 10
	}
	return (minor + 99) / 100
}

func refused(reason, message string) *tmsv1.FreightOutcome {
	return &tmsv1.FreightOutcome{Refusal: &commonv1.Refusal{Reason: reason, Message: message}}
}
