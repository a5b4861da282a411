package order

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
)

// newAskingWorld is a world with outside systems that are asked and told about orders, and that have all the time that they need on a busy
// machine.
func newAskingWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.asking, w.budget = true, time.Minute
	w.restart(nil)
	return w
}

// silence is after how long somebody who is silent answers all the same.
const silence = 10 * time.Second

// fakeOutside keeps the contracts of outside systems in memory.
type fakeOutside struct {
	erpv1.UnimplementedErpServiceServer
	tmsv1.UnimplementedTmsServiceServer
	channelv1.UnimplementedChannelServiceServer
	troubles *troubles

	mu     sync.Mutex
	calls  map[string]int
	refuse func(*erpv1.TermsQuestion) string // a reason; empty: the terms are right
	// silent: nothing is answered before the caller's time is over.
	silent bool
	// options is what the transport system offers; nil: it refuses.
	options []*tmsv1.FreightOption
	asked   []*tmsv1.FreightQuestion
	// told are the notices that stand, by key. Telling, when set, is called with each notice before it is taken.
	told    map[string]channelv1.NoticeKind
	telling func(*channelv1.OrderNotice)
}

func (f *fakeOutside) register(on grpc.ServiceRegistrar) {
	erpv1.RegisterErpServiceServer(on, f)
	tmsv1.RegisterTmsServiceServer(on, f)
	channelv1.RegisterChannelServiceServer(on, f)
}

// reach lets a service reach the outside systems.
func (w *world) reach(deps *Deps) {
	deps.ERP = erpv1.NewErpServiceClient(w.peers)
	deps.TMS = tmsv1.NewTmsServiceClient(w.peers)
	deps.Portals = channelv1.NewChannelServiceClient(w.peers)
}

// called notes a call, and lets it wait and fail where nothing is to be answered.
func (f *fakeOutside) called(ctx context.Context, method string) error {
	f.mu.Lock()
	f.calls[method]++
	silent := f.silent
	f.mu.Unlock()
	if !silent {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(silence):
		return nil
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
	if err := f.called(ctx, "CheckTerms"); err != nil {
		return nil, err
	}
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

func (f *fakeOutside) QuoteFreight(ctx context.Context, req *tmsv1.QuoteFreightRequest) (*tmsv1.QuoteFreightResponse, error) {
	if err := f.called(ctx, "QuoteFreight"); err != nil {
		return nil, err
	}
	return troubled(f.troubles, "QuoteFreight", func() *tmsv1.QuoteFreightResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &tmsv1.QuoteFreightResponse{}
		for _, question := range req.GetQuestions() {
			f.asked = append(f.asked, question)
			outcome := &tmsv1.FreightOutcome{Options: f.options}
			if f.options == nil {
				outcome.Refusal = refuse("NO_CARRIER")
			}
			reply.Outcomes = append(reply.Outcomes, outcome)
		}
		return reply
	})
}

func (f *fakeOutside) NotifyOrders(ctx context.Context, req *channelv1.NotifyOrdersRequest) (*channelv1.NotifyOrdersResponse, error) {
	if err := f.called(ctx, "NotifyOrders"); err != nil {
		return nil, err
	}
	return troubled(f.troubles, "NotifyOrders", func() *channelv1.NotifyOrdersResponse {
		reply := &channelv1.NotifyOrdersResponse{}
		for _, notice := range req.GetNotices() {
			f.mu.Lock()
			telling := f.telling
			f.mu.Unlock()
			if telling != nil {
				telling(notice)
			}
			f.mu.Lock()
			outcome := &channelv1.NoticeOutcome{Receipt: &channelv1.NoticeReceipt{Reference: "ref of " + notice.GetExternalOrderId()}}
			if f.told[notice.GetKey()] == channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN && notice.GetKind() != f.told[notice.GetKey()] {
				outcome = &channelv1.NoticeOutcome{Refusal: refuse("UNDONE")}
			} else {
				f.told[notice.GetKey()] = notice.GetKind()
			}
			f.mu.Unlock()
			reply.Outcomes = append(reply.Outcomes, outcome)
		}
		return reply
	})
}

// notices counts what the portals were told and what was withdrawn.
func (f *fakeOutside) notices() (standing, withdrawn int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range f.told {
		if kind == channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN {
			withdrawn++
		} else {
			standing++
		}
	}
	return standing, withdrawn
}
