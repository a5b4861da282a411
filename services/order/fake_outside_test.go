package order

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
)

// newAskingWorld is a world with outside systems that are asked and told about orders.
func newAskingWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.asking = true
	w.restart(nil)
	return w
}

// fakeOutside keeps the contracts of outside systems in memory.
type fakeOutside struct {
	erpv1.UnimplementedErpServiceServer
	troubles *troubles

	mu     sync.Mutex
	calls  map[string]int
	refuse func(*erpv1.TermsQuestion) string // a reason; empty: the terms are right
	// silent: nothing is answered before the caller's time is over.
	silent bool
}

// asked notes a call and says whether it is to be answered.
func (f *fakeOutside) asked(ctx context.Context, method string) {
	f.mu.Lock()
	f.calls[method]++
	silent := f.silent
	f.mu.Unlock()
	if silent {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
	}
}

// count is how often a method was called.
func (f *fakeOutside) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

func (f *fakeOutside) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeOutside) CheckTerms(ctx context.Context, req *erpv1.CheckTermsRequest) (*erpv1.CheckTermsResponse, error) {
	f.asked(ctx, "CheckTerms")
	return troubled(f.troubles, "CheckTerms", func() *erpv1.CheckTermsResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &erpv1.CheckTermsResponse{}
		for _, question := range req.GetQuestions() {
			outcome := &erpv1.TermsOutcome{Terms: &erpv1.Terms{AccountId: question.GetAccountId(), AsOf: timestamppb.Now()}}
			if f.refuse != nil {
				if reason := f.refuse(question); reason != "" {
					outcome = &erpv1.TermsOutcome{Refusal: refuse(reason)}
				}
			}
			reply.Outcomes = append(reply.Outcomes, outcome)
		}
		return reply
	})
}
