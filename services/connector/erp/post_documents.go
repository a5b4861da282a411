package erp

import (
	"context"
	"time"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/store"
)

// PostDocuments implements the RPC of the same name. Refusals: DOCUMENT_REUSED, ORDER_UNKNOWN.
func (s *Service) PostDocuments(
	ctx context.Context, req *erpv1.PostDocumentsRequest,
) (*erpv1.PostDocumentsResponse, error) {
	documents := make([]domain.Document, 0, len(req.GetDocuments()))
	for _, document := range req.GetDocuments() {
		one, err := documentFromProto(document)
		if err != nil {
			return nil, err
		}
		documents = append(documents, one)
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	outcomes, err := database.Tx(ctx, s.db, "post_documents", func(tx database.Transaction) ([]domain.Outcome, error) {
		ledger, err := store.LoadLedger(ctx, tx, documents)
		if err != nil {
			return nil, err
		}
		outcomes := make([]domain.Outcome, 0, len(documents))
		for _, document := range documents {
			outcomes = append(outcomes, ledger.Post(document, now))
		}
		return outcomes, store.Save(ctx, tx, ledger.Changed())
	})
	if err != nil {
		return nil, err
	}
	reply := &erpv1.PostDocumentsResponse{}
	for _, outcome := range outcomes {
		reply.Outcomes = append(reply.Outcomes, outcomeToProto(outcome))
	}
	return reply, nil
}

func outcomeToProto(outcome domain.Outcome) *erpv1.PostOutcome {
	switch outcome.Refused {
	case "":
		return &erpv1.PostOutcome{Posting: postingToProto(outcome.Posting)}
	case domain.ReasonReused:
		return refused(outcome.Refused, "the document is posted with another content")
	default:
		return refused(outcome.Refused, "the order of the document is not posted")
	}
}

func refused(reason, message string) *erpv1.PostOutcome {
	return &erpv1.PostOutcome{Refusal: &commonv1.Refusal{Reason: reason, Message: message}}
}
