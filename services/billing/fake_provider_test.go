package billing

import (
	"context"
	"sync"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// fakeProvider keeps what it was asked for under its key, and does what the test tells it to.
type fakeProvider struct {
	paymentv1.UnimplementedPaymentServiceServer
	mu sync.Mutex
	// decline are tokens, and kinds of operation, that are declined. lost are kinds whose next answer is lost: it is done and the
	// caller gets an error. silent are kinds that are done and answered with "unknown", once. down: nobody answers.
	decline, lost, silent map[string]bool
	down                  bool
	operations            map[string]*fakeOperation
	// done counts what was really done, by kind.
	done map[string]int
}

type fakeOperation struct {
	kind, parent string
	amount, used int64
	status       paymentv1.PaymentStatus
}

func newFakeProvider() *fakeProvider {
	return &fakeProvider{
		decline: map[string]bool{}, lost: map[string]bool{}, silent: map[string]bool{}, operations: map[string]*fakeOperation{},
		done: map[string]int{},
	}
}

func (p *fakeProvider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// doneOf is how often a kind of operation was really done, and for how much what of it stands.
func (p *fakeProvider) doneOf(kind string) (times int, amount int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, operation := range p.operations {
		if operation.kind == kind && operation.status != paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED &&
			operation.status != paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED {
			amount += operation.amount
		}
	}
	return p.done[kind], amount
}

// perform does one operation under its key, once.
func (p *fakeProvider) perform(key string, asked fakeOperation, token string) (*paymentv1.PaymentOutcome, error) {
	if p.down {
		return nil, fault.New(fault.Unavailable, "DOWN", "the provider is down")
	}
	if p.operations[key] == nil {
		p.done[asked.kind]++
		if p.decline[asked.kind] || p.decline[token] {
			asked.status = paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED
		} else if parent := p.operations[asked.parent]; parent != nil {
			if parent.used += asked.amount; parent.used > parent.amount || parent.status == paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED {
				panic("more is taken than there is")
			}
		}
		p.operations[key] = &asked
	}
	switch {
	case p.lost[asked.kind]:
		p.lost[asked.kind] = false
		return nil, fault.New(fault.Unavailable, "LOST", "the answer is lost")
	case p.silent[asked.kind]:
		p.silent[asked.kind] = false
		return &paymentv1.PaymentOutcome{Status: paymentv1.PaymentStatus_PAYMENT_STATUS_UNKNOWN}, nil
	}
	return p.outcome(key), nil
}

func (p *fakeProvider) outcome(key string) *paymentv1.PaymentOutcome {
	operation := p.operations[key]
	if operation == nil {
		return &paymentv1.PaymentOutcome{Status: paymentv1.PaymentStatus_PAYMENT_STATUS_NOT_FOUND}
	}
	outcome := &paymentv1.PaymentOutcome{Status: operation.status, ProviderRef: "ref " + key, AmountMinor: operation.amount}
	if operation.status == paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED {
		outcome.DeclineCode = "NO_FUNDS"
	}
	return outcome
}

func (p *fakeProvider) Authorize(_ context.Context, req *paymentv1.AuthorizeRequest) (*paymentv1.AuthorizeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := &paymentv1.AuthorizeResponse{}
	for _, one := range req.GetAuthorizations() {
		outcome, err := p.perform(one.GetKey(), fakeOperation{
			kind: "AUTHORIZE", amount: one.GetAmountMinor(), status: paymentv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED,
		}, one.GetToken())
		if err != nil {
			return nil, err
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

func (p *fakeProvider) Capture(_ context.Context, req *paymentv1.CaptureRequest) (*paymentv1.CaptureResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := &paymentv1.CaptureResponse{}
	for _, one := range req.GetCaptures() {
		outcome, err := p.perform(one.GetKey(), fakeOperation{
			kind: "CAPTURE", parent: one.GetAuthorizationKey(), amount: one.GetAmountMinor(),
			status: paymentv1.PaymentStatus_PAYMENT_STATUS_CAPTURED,
		}, "")
		if err != nil {
			return nil, err
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

func (p *fakeProvider) Refund(_ context.Context, req *paymentv1.RefundRequest) (*paymentv1.RefundResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := &paymentv1.RefundResponse{}
	for _, one := range req.GetRefunds() {
		outcome, err := p.perform(one.GetKey(), fakeOperation{
			kind: "REFUND", parent: one.GetCaptureKey(), amount: one.GetAmountMinor(),
			status: paymentv1.PaymentStatus_PAYMENT_STATUS_REFUNDED,
		}, "")
		if err != nil {
			return nil, err
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

func (p *fakeProvider) Void(_ context.Context, req *paymentv1.VoidRequest) (*paymentv1.VoidResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, fault.New(fault.Unavailable, "DOWN", "the provider is down")
	}
	reply := &paymentv1.VoidResponse{}
	for _, key := range req.GetAuthorizationKeys() {
		if p.operations[key] == nil {
			p.operations[key] = &fakeOperation{kind: "AUTHORIZE"}
		}
		if p.operations[key].status != paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED {
			p.operations[key].status = paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED
		}
		p.done["VOID"]++
		reply.Outcomes = append(reply.Outcomes, p.outcome(key))
	}
	return reply, nil
}

func (p *fakeProvider) Query(_ context.Context, req *paymentv1.QueryRequest) (*paymentv1.QueryResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, fault.New(fault.Unavailable, "DOWN", "the provider is down")
	}
	p.done["QUERY"]++
	reply := &paymentv1.QueryResponse{}
	for _, key := range req.GetKeys() {
		reply.Outcomes = append(reply.Outcomes, p.outcome(key))
	}
	return reply, nil
}
