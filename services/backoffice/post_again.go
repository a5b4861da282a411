package backoffice

import (
	"context"
	"fmt"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// PostAgain implements the RPC of the same name.
func (s *Service) PostAgain(ctx context.Context, req *backofficev1.PostAgainRequest) (*backofficev1.PostAgainResponse, error) {
	posts := make([]domain.Post, 0, len(req.GetDocuments()))
	seen := map[string]bool{}
	for i, document := range req.GetDocuments() {
		post, ok := postOf(document)
		if !ok || post.DocumentID != document.GetDocumentId() || seen[post.DocumentID] {
			return nil, fault.New(fault.Invalid, "DOCUMENT_INVALID", "document %q is not what it contains, or stands twice", document.GetDocumentId()).
				WithField(fmt.Sprintf("documents[%d].document_id", i), "DOCUMENT_INVALID", "it is not the id of the content")
		}
		seen[post.DocumentID] = true
		var err error
		if post.Content, err = encode(post, document); err != nil {
			return nil, err
		}
		posts = append(posts, post)
	}
	why, now := retry{actor: actorOf(ctx, req.GetActor()), reason: req.GetReason()}, s.now()
	queued, err := database.Tx(ctx, s.db, "post_again", func(tx database.Transaction) (int64, error) {
		queued, told, err := store.EnqueueAgain(ctx, tx, posts, now)
		if err != nil {
			return 0, err
		}
		return queued, outbox.Add(ctx, tx, retryEvents(told, why, now)...)
	})
	return &backofficev1.PostAgainResponse{Queued: queued}, err
}

// postOf is the place in the queue that a document's content gives it.
func postOf(document *erpv1.ErpDocument) (domain.Post, bool) {
	switch content := document.GetContent().(type) {
	case *erpv1.ErpDocument_Order:
		return domain.Order(document.GetOrderId(), content.Order.GetRevision()), content.Order.GetOrderId() == document.GetOrderId()
	case *erpv1.ErpDocument_OrderReduction:
		return domain.Reduction(document.GetOrderId(), content.OrderReduction.GetNumber()),
			content.OrderReduction.GetOrderId() == document.GetOrderId()
	case *erpv1.ErpDocument_OrderClosure:
		return domain.Closure(document.GetOrderId(), content.OrderClosure.GetInvoices()),
			content.OrderClosure.GetOrderId() == document.GetOrderId()
	case *erpv1.ErpDocument_Invoice:
		invoice := content.Invoice
		return domain.Invoice(invoice.GetInvoiceId(), invoice.GetOrderId(), invoice.GetIssuedAt().AsTime()), true
	case *erpv1.ErpDocument_CreditMemo:
		memo := content.CreditMemo
		return domain.CreditMemo(memo.GetCreditMemoId(), memo.GetOrderId(), memo.GetIssuedAt().AsTime()), true
	case *erpv1.ErpDocument_WriteOff:
		off := content.WriteOff
		return domain.WriteOff(off.GetJournalId(), off.GetOrderId(), off.GetWrittenOffAt().AsTime()), true
	default:
		return domain.Post{}, false
	}
}
