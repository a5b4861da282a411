package order

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// trouble is what happens to a call: not done at all, or done and its reply lost.
type trouble int

const (
	none trouble = iota
	notDone
	replyLost
)

// troubles decides the fate of calls.
type troubles struct {
	mu     sync.Mutex
	decide func(method string) trouble
	calls  map[string]int
}

func (t *troubles) next(method string) trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string]int{}
	}
	t.calls[method]++
	if t.decide == nil {
		return none
	}
	return t.decide(method)
}

func (t *troubles) set(decide func(method string) trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.decide = decide
}

func troubled[T any](t *troubles, method string, do func() *T) (*T, error) {
	fate := t.next(method)
	if fate == notDone {
		return nil, fault.New(fault.Unavailable, "DOWN", "the peer is down")
	}
	reply := do()
	if fate == replyLost {
		return nil, fault.New(fault.Unavailable, "LOST", "the reply is lost")
	}
	return reply, nil
}

// events are what the fake peers told and nobody has heard yet, each with its aggregate: order holds within one.
type events struct {
	mu   sync.Mutex
	list []told
}

type told struct {
	aggregate string
	payload   proto.Message
}

func (e *events) add(aggregate string, payload proto.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, told{aggregate, payload})
}

// take removes one event that no earlier one of its aggregate stands before: the at-th of them.
func (e *events) take(choose func(n int) int) (told, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := map[string]bool{}
	var first []int
	for i, one := range e.list {
		if !seen[one.aggregate] {
			seen[one.aggregate] = true
			first = append(first, i)
		}
	}
	if len(first) == 0 {
		return told{}, false
	}
	at := first[choose(len(first))]
	one := e.list[at]
	e.list = append(e.list[:at], e.list[at+1:]...)
	return one, true
}

// fakeBilling keeps the contract of the billing service in memory: claims on quantities, by order line.
type fakeBilling struct {
	billingv1.UnimplementedBillingServiceServer
	mu       sync.Mutex
	troubles *troubles
	refuse   func(*billingv1.CreditClaim) string // a reason; empty: granted
	outcomes map[string]*billingv1.CreditClaimOutcome
	releases map[string]bool
	undone   map[string]bool
	active   map[string]string // order → the key of its claim
	claims   map[string]*fakeCredit
	gone     map[spot]int64 // released or shipped

	atRelease bool                                    // claims ask for a clearance
	block     func(*billingv1.CreditClearance) string // a reason; empty: cleared
	clears    map[string]*billingv1.CreditClearanceOutcome
	told      map[string]int64 // order → what was told of its credit
	clearedOf map[string]int   // order → how often it was cleared

	decline  func(*billingv1.PaymentAuthorization) string // a reason; empty: authorised
	payments map[string]*billingv1.PaymentAuthorizationOutcome
	voided   map[string]bool
}

// fakeCredit is a claim that was granted, and the one of an earlier revision that it has replaced.
type fakeCredit struct {
	revision   int32
	hash       []byte
	quantities map[int32]int64
	replaced   string
}

func (f *fakeBilling) ClaimCredit(_ context.Context, req *billingv1.ClaimCreditRequest) (*billingv1.ClaimCreditResponse, error) {
	return troubled(f.troubles, "ClaimCredit", func() *billingv1.ClaimCreditResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &billingv1.ClaimCreditResponse{}
		for _, claim := range req.GetClaims() {
			if f.outcomes[claim.GetKey()] == nil {
				f.outcomes[claim.GetKey()] = f.claim(claim)
			}
			reply.Outcomes = append(reply.Outcomes, f.outcomes[claim.GetKey()])
		}
		return reply
	})
}

func (f *fakeBilling) claim(claim *billingv1.CreditClaim) *billingv1.CreditClaimOutcome {
	reason := ""
	if f.refuse != nil && !claim.GetForced() {
		reason = f.refuse(claim)
	}
	if f.undone[claim.GetKey()] {
		reason = "UNDONE"
	}
	if reason != "" {
		return &billingv1.CreditClaimOutcome{Outcome: &billingv1.CreditClaimOutcome_Refusal{Refusal: refuse(reason)}}
	}
	order := claim.GetOrder().GetOrderId()
	credit := &fakeCredit{
		revision: claim.GetOrder().GetRevision(), hash: claim.GetOrder().GetSnapshotHash(), quantities: map[int32]int64{},
	}
	for _, line := range claim.GetOrder().GetLines() {
		credit.quantities[line.GetLineNumber()] = line.GetQuantity()
	}
	if before := f.claims[f.active[order]]; before != nil && before.revision < credit.revision {
		credit.replaced = f.active[order]
	}
	f.active[order], f.claims[claim.GetKey()] = claim.GetKey(), credit
	return &billingv1.CreditClaimOutcome{Outcome: &billingv1.CreditClaimOutcome_ClaimId{ClaimId: id.Format(id.Claim, id.New())}, CheckAtRelease: f.atRelease}
}

func (f *fakeBilling) ReleaseCredit(_ context.Context, req *billingv1.ReleaseCreditRequest) (*billingv1.ReleaseCreditResponse, error) {
	return troubled(f.troubles, "ReleaseCredit", func() *billingv1.ReleaseCreditResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &billingv1.ReleaseCreditResponse{}
		for _, release := range req.GetReleases() {
			reply.ReleasedMinor = append(reply.ReleasedMinor, 0)
			if f.releases[release.GetKey()] {
				continue
			}
			f.releases[release.GetKey()] = true
			f.release(release)
		}
		return reply
	})
}

func (f *fakeBilling) release(release *billingv1.CreditRelease) {
	key, order := release.GetClaimKey(), release.GetOrderId()
	switch {
	case key == "":
		for _, line := range release.GetLines() {
			f.gone[spot{order: order, line: line.GetLineNumber()}] += line.GetCancelled()
		}
	case f.outcomes[key] == nil:
		f.undone[key] = true
	case f.active[order] == key:
		f.active[order] = f.claims[key].replaced
	}
}

// grow takes an order as it has grown by what was shipped beyond what was asked for, as order.amended tells.
func (f *fakeBilling) grow(order string, line int32, quantity int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.claims[f.active[order]].quantities[line] += quantity
}

// take removes claimed units: shipped.
func (f *fakeBilling) take(order string, line int32, quantity int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone[spot{order: order, line: line}] += quantity
}

func (f *fakeBilling) claimed() map[spot]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	claimed := map[spot]int64{}
	for order, key := range f.active {
		credit := f.claims[key]
		if credit == nil {
			continue
		}
		for line, quantity := range credit.quantities {
			at := spot{order: order, line: line}
			if left := quantity - f.gone[at]; left != 0 {
				claimed[at] = left
			}
		}
	}
	return claimed
}

// fakeFulfillment keeps the contract of the fulfilment service in memory. Warehouses do nothing by themselves.
type fakeFulfillment struct {
	fulfillmentv1.UnimplementedFulfillmentServiceServer
	mu       sync.Mutex
	troubles *troubles
	world    *world
	outcomes map[string]*fulfillmentv1.FulfillmentOutcome
	undone   map[string]bool
	refuse   func(*fulfillmentv1.FulfillmentRequest) string
	// stopAtOnce: warehouses agree to stop; else they are asked, see answerStop.
	stopAtOnce bool
	orders     []*fakeFulfilment
}

// fakeFulfilment is an order to a warehouse. What is left of a line is neither shipped, short nor cancelled.
type fakeFulfilment struct {
	id, key, order, node string
	lines                []*fulfillmentv1.FulfillmentRequestLine
	left                 map[int32]int64
	asked                bool
	shipTo               *commonv1.Address
	instructions         *fulfillmentv1.ShippingInstructions
}

func (f *fakeFulfillment) CreateFulfillment(
	_ context.Context, req *fulfillmentv1.CreateFulfillmentRequest,
) (*fulfillmentv1.CreateFulfillmentResponse, error) {
	return troubled(f.troubles, "CreateFulfillment", func() *fulfillmentv1.CreateFulfillmentResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &fulfillmentv1.CreateFulfillmentResponse{}
		for _, want := range req.GetFulfillments() {
			if f.outcomes[want.GetKey()] == nil {
				f.outcomes[want.GetKey()] = f.create(want)
			}
			reply.Outcomes = append(reply.Outcomes, f.outcomes[want.GetKey()])
		}
		return reply
	})
}

func (f *fakeFulfillment) create(want *fulfillmentv1.FulfillmentRequest) *fulfillmentv1.FulfillmentOutcome {
	reason := ""
	if f.refuse != nil {
		reason = f.refuse(want)
	}
	if f.undone[want.GetKey()] {
		reason = "UNDONE"
	}
	if reason != "" {
		return &fulfillmentv1.FulfillmentOutcome{Outcome: &fulfillmentv1.FulfillmentOutcome_Refusal{Refusal: refuse(reason)}}
	}
	made := &fakeFulfilment{
		id: id.Format(id.Fulfillment, id.New()), key: want.GetKey(), order: want.GetOrderId(), node: want.GetNodeId(),
		lines: want.GetLines(), left: map[int32]int64{}, shipTo: want.GetShipTo(),
		instructions: want.GetInstructions(),
	}
	for _, line := range want.GetLines() {
		made.left[line.GetLineNumber()] = line.GetQuantity()
	}
	f.orders = append(f.orders, made)
	return &fulfillmentv1.FulfillmentOutcome{Outcome: &fulfillmentv1.FulfillmentOutcome_FulfillmentId{FulfillmentId: made.id}}
}

func (f *fakeFulfillment) CancelFulfillment(
	_ context.Context, req *fulfillmentv1.CancelFulfillmentRequest,
) (*fulfillmentv1.CancelFulfillmentResponse, error) {
	return troubled(f.troubles, "CancelFulfillment", func() *fulfillmentv1.CancelFulfillmentResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &fulfillmentv1.CancelFulfillmentResponse{}
		for _, want := range req.GetCancellations() {
			reply.States = append(reply.States, f.stop(want.GetKey()))
		}
		return reply
	})
}

func (f *fakeFulfillment) stop(key string) fulfillmentv1.FulfillmentState {
	for _, made := range f.orders {
		if made.key != key {
			continue
		}
		if f.stopAtOnce {
			f.cancelled(made)
			return fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCELLED
		}
		made.asked = true
		return fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCEL_REQUESTED
	}
	if f.outcomes[key] == nil {
		f.undone[key] = true
	}
	return fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_UNSPECIFIED
}

// cancelled tells that a warehouse has stopped, with what was left.
func (f *fakeFulfillment) cancelled(made *fakeFulfilment) {
	if state := made.proto(true); len(made.left) > 0 {
		f.world.events.add(made.id, &fulfillmentv1.FulfillmentCancelled{FulfillmentId: made.id, Fulfillment: state})
	}
	made.left, made.asked = map[int32]int64{}, false
}

func (m *fakeFulfilment) proto(freed bool) *fulfillmentv1.Fulfillment {
	state := &fulfillmentv1.Fulfillment{FulfillmentId: m.id, OrderId: m.order, NodeId: m.node}
	for _, line := range m.lines {
		one := &fulfillmentv1.FulfillmentLine{LineNumber: line.GetLineNumber(), Sku: line.GetSku(), Service: line.GetService(), Requested: line.GetQuantity()}
		if freed {
			one.Cancelled = m.left[line.GetLineNumber()]
		}
		state.Lines = append(state.Lines, one)
	}
	return state
}

func (m *fakeFulfilment) service(line int32) bool {
	for _, l := range m.lines {
		if l.GetLineNumber() == line {
			return l.GetService()
		}
	}
	return false
}
