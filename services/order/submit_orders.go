package order

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// SubmitOrders implements the RPC of the same name: the orders go through the sets of SubmitOrder, each with a key of its
// own, and the caller waits once for all decisions.
func (s *Service) SubmitOrders(ctx context.Context, req *orderv1.SubmitOrdersRequest) (*orderv1.SubmitOrdersResponse, error) {
	reply := &orderv1.SubmitOrdersResponse{Outcomes: make([]*orderv1.SubmitOutcome, len(req.GetOrders()))}
	subs, at := make([]*submission, 0, len(req.GetOrders())), make([]int, 0, len(req.GetOrders()))
	for i, one := range req.GetOrders() {
		reply.Outcomes[i] = &orderv1.SubmitOutcome{RequestId: one.GetRequestId()}
		sub, err := s.part(ctx, one)
		if err != nil {
			s.refuse(ctx, reply.GetOutcomes()[i], err)
			continue
		}
		subs, at = append(subs, sub), append(at, i)
	}
	decided := make([]chan *domain.Order, len(subs))
	for i, sub := range subs {
		joined, leave := s.waiters.join(sub.id)
		defer leave()
		decided[i] = joined
	}
	results := s.submits.DoAll(ctx, subs)
	deadline := time.Now().Add(waitOf(req.GetWait()))
	for i, result := range results {
		outcome := reply.GetOutcomes()[at[i]]
		order, err := (*orderv1.Order)(nil), result.Err
		if err == nil {
			order, err = s.decision(ctx, result.Value, decided[i], time.Until(deadline))
		}
		if err != nil {
			s.refuse(ctx, outcome, err)
			continue
		}
		outcome.Outcome = &orderv1.SubmitOutcome_Order{Order: order}
	}
	return reply, nil
}

// part is one order of a batch, checked as SubmitOrder's server checks it.
func (s *Service) part(ctx context.Context, req *orderv1.SubmitOrderRequest) (*submission, error) {
	if err := s.parts.Check(req); err != nil {
		return nil, err
	}
	return s.submission(ctx, req)
}

// refuse tells why an order was not stored.
func (s *Service) refuse(ctx context.Context, outcome *orderv1.SubmitOutcome, err error) {
	refusal, known := fault.As(err)
	if !known {
		s.log.ErrorContext(ctx, "an order of a batch failed", "request_id", outcome.GetRequestId(), "error", err)
		refusal = fault.New(fault.Internal, rpc.ReasonInternal, "something went wrong; the order can be sent again as it is")
	}
	told := &orderv1.SubmitError{
		Code: rpc.CodeName(refusal.Kind), Reason: refusal.Reason, Message: refusal.Message, Retryable: !known || fault.Retryable(err),
	}
	for _, field := range refusal.Fields {
		told.Fields = append(told.Fields, &orderv1.SubmitErrorField{Field: field.Path, Reason: field.Reason, Message: field.Message})
	}
	if refusal.RetryAfter > 0 {
		told.RetryAfter = durationpb.New(refusal.RetryAfter)
	}
	outcome.Outcome = &orderv1.SubmitOutcome_Error{Error: told}
}
