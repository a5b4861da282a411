package operations

import (
	"context"
	"strings"

	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// RetryDeadLetters implements the RPC of the same name: a page of ListDeadLetters, of which each is handed in by RetryDeadLetter,
// under a key of its own.
func (s *Service) RetryDeadLetters(
	ctx context.Context, req *operationsv1.RetryDeadLettersRequest,
) (*operationsv1.RetryDeadLettersResponse, error) {
	if err := checkRetries(req); err != nil {
		return nil, err
	}
	page, err := s.ListDeadLetters(ctx, &operationsv1.ListDeadLettersRequest{
		Service: req.GetService(), Consumer: req.GetConsumer(), EventType: req.GetEventType(), FailedFrom: req.GetFailedFrom(),
		FailedBefore: req.GetFailedBefore(), PageSize: req.GetPageSize(), PageToken: req.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	outside, err := s.callingOutside(ctx, req)
	if err != nil {
		return nil, err
	}
	reply := &operationsv1.RetryDeadLettersResponse{NextPageToken: page.GetNextPageToken(), Unanswered: page.GetUnanswered()}
	for _, letter := range page.GetDeadLetters() {
		retry := &operationsv1.DeadLetterRetry{DeadLetter: letter, Outcome: operationsv1.RetryOutcome_RETRY_OUTCOME_RETRIED}
		switch {
		case outside(letter.GetConsumer()):
			retry.Outcome = operationsv1.RetryOutcome_RETRY_OUTCOME_WITHHELD
		case req.GetPerform():
			if err := s.retryOne(ctx, req, retry); err != nil {
				return nil, err
			}
		}
		reply.Retries = append(reply.Retries, retry)
	}
	if !req.GetPerform() {
		s.rehearseLetters(ctx, reply.GetRetries())
	}
	return reply, nil
}

func checkRetries(req *operationsv1.RetryDeadLettersRequest) error {
	switch {
	case !req.GetPerform():
		return nil
	case req.GetRequestId() == "":
		return invalid("request_id", "REQUEST_ID_REQUIRED", "a request that changes something needs one")
	case strings.TrimSpace(req.GetReason()) == "":
		return invalid("reason", "REASON_REQUIRED", "say why; it is kept and told with the dead letters")
	}
	return nil
}

// callingOutside tells of consumers whose letters are withheld: those that call outside systems, and those that nobody knows, unless
// such calls are asked for.
func (s *Service) callingOutside(ctx context.Context, req *operationsv1.RetryDeadLettersRequest) (func(consumer string) bool, error) {
	if req.GetOutsideCalls() {
		return func(string) bool { return false }, nil
	}
	found, err := s.allConsumers(ctx, req.GetService())
	if err != nil {
		return nil, err
	}
	inside := map[string]bool{}
	for _, consumer := range found.entries {
		inside[consumer.GetConsumer()] = !consumer.GetCallsOutside()
	}
	return func(consumer string) bool { return !inside[consumer] }, nil
}

// retryOne hands one in. That it cannot be handed in, or not any more, is an outcome.
func (s *Service) retryOne(ctx context.Context, req *operationsv1.RetryDeadLettersRequest, retry *operationsv1.DeadLetterRetry) error {
	letter := retry.GetDeadLetter()
	_, err := s.RetryDeadLetter(ctx, &operationsv1.RetryDeadLetterRequest{
		RequestId: req.GetRequestId() + "/" + letter.GetConsumer() + "/" + letter.GetEventId(), Service: letter.GetService(),
		Consumer: letter.GetConsumer(), EventId: letter.GetEventId(), Reason: req.GetReason(), Actor: req.GetActor(),
	})
	switch kind := fault.KindOf(err); {
	case err == nil:
		return nil
	case kind == fault.Precondition || kind == fault.NotFound:
		retry.Outcome, retry.Refusal = operationsv1.RetryOutcome_RETRY_OUTCOME_REFUSED, err.Error()
		return nil
	}
	return err
}

// rehearseLetters asks the services what the effects would be. One that does not answer leaves its letters untried.
func (s *Service) rehearseLetters(ctx context.Context, retries []*operationsv1.DeadLetterRetry) {
	requests := map[string]*deliveryv1.RehearseDeadLettersRequest{}
	for _, retry := range retries {
		if retry.GetOutcome() != operationsv1.RetryOutcome_RETRY_OUTCOME_RETRIED {
			continue
		}
		letter := retry.GetDeadLetter()
		request := requests[letter.GetService()]
		if request == nil {
			request = &deliveryv1.RehearseDeadLettersRequest{Service: letter.GetService()}
			requests[letter.GetService()] = request
		}
		request.DeadLetters = append(request.DeadLetters, &deliveryv1.DeadLetterName{Consumer: letter.GetConsumer(), EventId: letter.GetEventId()})
	}
	tried := map[string]*deliveryv1.Rehearsal{}
	for service, request := range requests {
		answer, err := s.deliveries[service].RehearseDeadLetters(ctx, request)
		if err != nil {
			s.log.WarnContext(ctx, "a service does not rehearse its dead letters", "service", service, "error", err)
		}
		for _, one := range answer.GetRehearsed() {
			tried[one.GetConsumer()+"/"+one.GetEventId()] = one.GetRehearsal()
		}
	}
	for _, retry := range retries {
		retry.Rehearsal = tried[retry.GetDeadLetter().GetConsumer()+"/"+retry.GetDeadLetter().GetEventId()]
	}
}
