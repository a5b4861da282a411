package billing

import (
	"context"
	"slices"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// maxAsked is how many operations a call to a provider may hold, by the contract.
const maxAsked = 100

// question is what a provider is to be asked about an intent, and its answer; nil while there is none.
type question struct {
	intent    *domain.Intent
	operation *domain.Operation
	ask       domain.Ask
	// sent: it may have been asked before. Then it is asked what became of that, before it is tried again.
	sent   bool
	answer *domain.Answer
}

func (q *question) key() string {
	if q.operation != nil {
		return id.Format(id.Payment, q.operation.ID)
	}
	return q.intent.Key
}

// settled says whether the answer says what became of it.
func (q *question) settled() bool {
	switch {
	case q.answer == nil || q.answer.Verdict == domain.Unclear:
		return false
	case q.answer.Verdict == domain.Gone:
		return q.operation == nil
	default:
		return q.ask != domain.AskVoid
	}
}

// askProviders asks all questions, in sets, outside of any transaction. What a call that failed was about has no answer; the
// first failure is returned.
func (s *Service) askProviders(ctx context.Context, questions []*question) error {
	var failed error
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	var sent, next []*question
	for _, q := range questions {
		if q.sent && q.ask != domain.AskVoid {
			sent = append(sent, q)
		} else {
			next = append(next, q)
		}
	}
	for set := range slices.Chunk(sent, maxAsked) {
		absent, err := s.query(ctx, set)
		note(err)
		next = append(next, absent...)
	}
	byCall := map[domain.Ask][]*question{}
	for _, q := range next {
		ask := q.ask
		if ask == domain.AskAuthorize && q.intent.VoidRequested {
			ask = domain.AskVoid // it is not there: that it never will be, a void before it sees to
		}
		byCall[ask] = append(byCall[ask], q)
	}
	for ask, call := range map[domain.Ask]func(context.Context, []*question) ([]*paymentv1.PaymentOutcome, error){
		domain.AskAuthorize: s.callAuthorize, domain.AskCapture: s.callCapture, domain.AskRefund: s.callRefund, domain.AskVoid: s.callVoid,
	} {
		for set := range slices.Chunk(byCall[ask], maxAsked) {
			note(s.tell(ctx, set, call))
		}
	}
	return failed
}

// tell makes one call and writes the answers down.
func (s *Service) tell(
	ctx context.Context, set []*question, call func(context.Context, []*question) ([]*paymentv1.PaymentOutcome, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.PaymentTimeout)
	defer cancel()
	ctx, end := observe.Ask(ctx, s.tracer, "payment", set, func(q *question) string { return id.Format(id.Order, q.intent.Order) })
	outcomes, err := call(ctx, set)
	if end(err); err != nil {
		return err
	}
	if len(outcomes) != len(set) {
		return fault.New(fault.Unavailable, reasonProviderUnavailable, "the provider answered %d of %d questions", len(outcomes), len(set))
	}
	for i, q := range set {
		q.answer = answerFromProto(outcomes[i])
	}
	return nil
}

// query asks what became of what was sent, and returns what the provider does not know.
func (s *Service) query(ctx context.Context, set []*question) (absent []*question, err error) {
	err = s.tell(ctx, set, func(ctx context.Context, set []*question) ([]*paymentv1.PaymentOutcome, error) {
		reply, err := s.payments.Query(ctx, &paymentv1.QueryRequest{Keys: convertAll(set, (*question).key)})
		for i, outcome := range reply.GetOutcomes() {
			if i < len(set) && outcome.GetStatus() == paymentv1.PaymentStatus_PAYMENT_STATUS_NOT_FOUND {
				absent = append(absent, set[i])
			}
		}
		return reply.GetOutcomes(), err
	})
	if err != nil {
		return nil, err
	}
	for _, q := range absent {
		q.answer = nil
	}
	return absent, nil
}

func (s *Service) callAuthorize(ctx context.Context, set []*question) ([]*paymentv1.PaymentOutcome, error) {
	reply, err := s.payments.Authorize(ctx, &paymentv1.AuthorizeRequest{
		Authorizations: convertAll(set, func(q *question) *paymentv1.Authorization {
			return &paymentv1.Authorization{
				Key: q.key(), Provider: q.intent.Provider, Token: q.intent.Token, CurrencyCode: q.intent.Currency, AmountMinor: q.intent.Amount,
			}
		}),
	})
	return reply.GetOutcomes(), err
}

func (s *Service) callCapture(ctx context.Context, set []*question) ([]*paymentv1.PaymentOutcome, error) {
	reply, err := s.payments.Capture(ctx, &paymentv1.CaptureRequest{Captures: convertAll(set, func(q *question) *paymentv1.PaymentCapture {
		return &paymentv1.PaymentCapture{Key: q.key(), AuthorizationKey: q.intent.Key, AmountMinor: q.operation.Amount}
	})})
	return reply.GetOutcomes(), err
}

func (s *Service) callRefund(ctx context.Context, set []*question) ([]*paymentv1.PaymentOutcome, error) {
	reply, err := s.payments.Refund(ctx, &paymentv1.RefundRequest{Refunds: convertAll(set, func(q *question) *paymentv1.PaymentRefund {
		return &paymentv1.PaymentRefund{
			Key: q.key(), CaptureKey: id.Format(id.Payment, q.operation.Target), AmountMinor: q.operation.Amount,
		}
	})})
	return reply.GetOutcomes(), err
}

func (s *Service) callVoid(ctx context.Context, set []*question) ([]*paymentv1.PaymentOutcome, error) {
	reply, err := s.payments.Void(ctx, &paymentv1.VoidRequest{
		AuthorizationKeys: convertAll(set, func(q *question) string { return q.intent.Key }),
	})
	return reply.GetOutcomes(), err
}
