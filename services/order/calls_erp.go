package order

import (
	"context"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// checkTerms asks the ERP about the customers of a set of orders, each customer once, and about none whose terms it has just
// confirmed.
func (b backend) checkTerms(ctx context.Context, calls []process.Call) error {
	req, now := &erpv1.CheckTermsRequest{}, b.now()
	asked, waiting := map[terms]int{}, make([]terms, len(calls))
	for i, call := range calls {
		order, err := pricedIn(call.Work)
		if err != nil {
			return err
		}
		of := termsOf(order)
		if last := b.confirmed.last(of); now.Sub(last) < termsFresh {
			call.Step.Answer = &process.Answer{AsOf: last}
			continue
		}
		waiting[i] = of
		if _, known := asked[of]; !known {
			asked[of] = len(req.GetQuestions())
			req.Questions = append(req.Questions, &erpv1.TermsQuestion{
				AccountId: of.account, LegalEntity: of.legalEntity, CurrencyCode: of.currency, PaymentDays: of.days,
			})
		}
	}
	switch {
	case len(req.GetQuestions()) == 0:
		return nil
	case b.erp == nil: // it was taken away since the order came; whoever must have its answer waits longer and longer
		return fault.New(fault.Unavailable, reasonNotAsked, "there is no ERP to be asked")
	}
	reply, err := b.erp.CheckTerms(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.CheckTerms, len(req.GetQuestions()), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, call := range calls {
		if call.Step.Answer == nil {
			call.Step.Answer = b.termsAnswer(waiting[i], reply.GetOutcomes()[asked[waiting[i]]])
		}
	}
	return nil
}

// termsAnswer is what the ERP says about a customer. That the terms are right is remembered; a refusal is not, so that the next
// order asks anew.
func (b backend) termsAnswer(of terms, outcome *erpv1.TermsOutcome) *process.Answer {
	if refusal := outcome.GetRefusal(); refusal != nil {
		return &process.Answer{Refusal: refusalFromProto(refusal)}
	}
	asOf := b.now()
	if told := outcome.GetTerms().GetAsOf(); told != nil && told.AsTime().Before(asOf) {
		asOf = told.AsTime()
	}
	b.confirmed.confirm(of, asOf)
	return &process.Answer{AsOf: asOf}
}

// Without gives what takes the place of the answer of an outside system.
func (b backend) Without(call process.Call, err error) *process.Answer {
	answer := &process.Answer{Missing: missing(err)}
	b.metrics.without.WithLabelValues(string(call.Step.Name)).Inc()
	if call.Step.Name != process.StepTerms {
		return answer
	}
	order, err := pricedIn(call.Work)
	if err != nil {
		return answer // the other steps of the order have failed with it
	}
	if last := b.confirmed.last(termsOf(order)); !last.IsZero() {
		answer.AsOf = last
	}
	if held, err := snapshotIn(call.Work); err == nil && held.asOf.After(answer.AsOf) {
		answer.AsOf = held.asOf
	}
	answer.TooMuch = b.tooMuch(order, answer.AsOf, answer.Missing, b.now())
	return answer
}

// reasonNotAsked is why somebody has not answered whom nobody asks any more.
const reasonNotAsked = "NOT_ASKED"

// missing is why an outside system has not answered, for machines.
func missing(err error) string {
	switch reason := fault.ReasonOf(err); {
	case err == nil:
		return reasonNotAsked
	case fault.KindOf(err) == fault.Deadline:
		return "DEADLINE"
	case reason == "":
		return "NO_ANSWER"
	default:
		return reason
	}
}
