package backoffice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/outside"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
)

// told is what came of telling the ERP.
type told struct {
	answers []domain.Answer
	// unsent are documents whose call was certainly not made.
	unsent []domain.Head
	// failure is why the others have no answer; nil: all have.
	failure error
}

func (t *told) add(other told) {
	t.answers, t.unsent = append(t.answers, other.answers...), append(t.unsent, other.unsent...)
	t.failure = errors.Join(t.failure, other.failure)
}

// tell asks the ERP about what was sent before and posts the rest.
func (d *drainer) tell(ctx context.Context, heads []domain.Head, contents map[string][]byte) (came told) {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	ctx, end := observe.Ask(ctx, d.tracer, "erp", heads, func(head domain.Head) string { return head.OrderID })
	defer func() { end(came.failure) }()
	answers, unknown, err := d.query(ctx, heads)
	if err != nil {
		return told{unsent: heads, failure: err}
	}
	came.answers = answers
	set := make([]post, 0, len(unknown))
	for _, head := range unknown {
		content, waits := contents[head.DocumentID]
		if !waits {
			continue
		}
		document := &erpv1.ErpDocument{}
		if err := proto.Unmarshal(content, document); err != nil {
			came.answers = append(came.answers, refused(head, "CONTENT_BROKEN", err.Error()))
			continue
		}
		set = append(set, post{head, document})
	}
	came.add(d.post(ctx, set))
	return came
}

// post is a document on its way.
type post struct {
	domain.Head
	document *erpv1.ErpDocument
}

// query finds out what became of documents that were sent before, and gives the others, which may be sent.
func (d *drainer) query(ctx context.Context, heads []domain.Head) (posted []domain.Answer, others []domain.Head, err error) {
	req := &erpv1.QueryPostingsRequest{}
	for _, head := range heads {
		if head.Attempt > 0 {
			req.DocumentIds = append(req.DocumentIds, head.DocumentID)
		}
	}
	if len(req.GetDocumentIds()) == 0 {
		return nil, heads, nil
	}
	reply, err := d.erp.QueryPostings(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	known := make(map[string]*erpv1.Posting, len(reply.GetPostings()))
	for _, posting := range reply.GetPostings() {
		known[posting.GetDocumentId()] = posting
	}
	for _, head := range heads {
		if posting := known[head.DocumentID]; posting != nil {
			posted = append(posted, answerFromProto(head, posting))
		} else {
			others = append(others, head)
		}
	}
	return posted, others, nil
}

// maxBroken is how often a document may break its call, alone, before it counts as refused.
const maxBroken = 5

// post makes one call. A set that is refused as such is halved until what spoils it stands alone: that one is stuck. When the call breaks,
// nothing more is tried now: the same go in smaller sets next time, and one that breaks its call alone is stuck.
func (d *drainer) post(ctx context.Context, set []post) told {
	if len(set) == 0 {
		return told{}
	}
	req := &erpv1.PostDocumentsRequest{}
	for _, one := range set {
		req.Documents = append(req.Documents, one.document)
	}
	reply, err := d.erp.PostDocuments(ctx, req)
	switch reason := fault.ReasonOf(err); {
	case reason == outside.ReasonAway || reason == outside.ReasonBusy:
		return told{unsent: headsOf(set), failure: err}
	case err != nil && (fault.Retryable(err) || ctx.Err() != nil):
		return told{failure: err}
	case err != nil && fault.KindOf(err) == fault.Internal && (len(set) > 1 || set[0].Attempt < maxBroken):
		return told{failure: err}
	case err != nil && len(set) > 1:
		half := len(set) / 2
		came := d.post(ctx, set[:half])
		came.add(d.post(ctx, set[half:]))
		return came
	case err != nil:
		return told{answers: []domain.Answer{refused(set[0].Head, cmp.Or(fault.ReasonOf(err), "INTERNAL"), err.Error())}}
	case len(reply.GetOutcomes()) != len(set):
		return told{failure: fmt.Errorf("the ERP answered %d of %d documents", len(reply.GetOutcomes()), len(set))}
	}
	var came told
	for i, outcome := range reply.GetOutcomes() {
		switch refusal := outcome.GetRefusal(); {
		case refusal != nil:
			came.answers = append(came.answers, refused(set[i].Head, refusal.GetReason(), refusal.GetMessage()))
		case outcome.GetPosting() != nil:
			came.answers = append(came.answers, answerFromProto(set[i].Head, outcome.GetPosting()))
		default: // it is asked for before it is sent again
			came.failure = errors.Join(came.failure, fmt.Errorf("the ERP says nothing of %s", set[i].DocumentID))
		}
	}
	return came
}

func headsOf(set []post) []domain.Head {
	heads := make([]domain.Head, 0, len(set))
	for _, one := range set {
		heads = append(heads, one.Head)
	}
	return heads
}

// What is kept of the ERP's texts at most, in bytes.
const (
	maxReason  = 64
	maxMessage = 2000
	maxNumber  = 200
)

// refused is an answer of the ERP's that a document is not taken. It has a reason, whatever the ERP says: without one it would count as
// posted.
func refused(head domain.Head, reason, message string) domain.Answer {
	return domain.Answer{
		Head: head, Reason: cmp.Or(database.Storable(reason, maxReason), "REFUSED"), Message: database.Storable(message, maxMessage),
	}
}

func answerFromProto(head domain.Head, posting *erpv1.Posting) domain.Answer {
	answer := domain.Answer{Head: head, ERPNumber: database.Storable(posting.GetErpNumber(), maxNumber), PostedAt: time.Unix(0, 0)}
	if at := posting.GetPostedAt(); at.IsValid() {
		answer.PostedAt = at.AsTime()
	}
	return answer
}
