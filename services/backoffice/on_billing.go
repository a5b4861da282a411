package backoffice

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// onBilling queues invoices and credit memos that were issued, and what was given up of invoices.
func (s *Service) onBilling(ctx context.Context, tx database.Transaction, messages []inbox.Message) error {
	var posts []domain.Post
	for _, message := range messages {
		var post domain.Post
		var document *erpv1.ErpDocument
		switch event := message.Payload.(type) {
		case *billingv1.InvoiceIssued:
			invoice := event.GetInvoice()
			post = domain.Invoice(event.GetInvoiceId(), invoice.GetOrderId(), invoice.GetIssuedAt().AsTime())
			document = &erpv1.ErpDocument{Content: &erpv1.ErpDocument_Invoice{Invoice: invoice}}
		case *billingv1.CreditMemoIssued:
			memo := event.GetCreditMemo()
			post = domain.CreditMemo(event.GetCreditMemoId(), memo.GetOrderId(), memo.GetIssuedAt().AsTime())
			document = &erpv1.ErpDocument{Content: &erpv1.ErpDocument_CreditMemo{CreditMemo: memo}}
		case *billingv1.InvoiceWrittenOff:
			off := writeOffOf(event, message.OccurredAt)
			post = domain.WriteOff(off.GetJournalId(), off.GetOrderId(), message.OccurredAt)
			document = &erpv1.ErpDocument{Content: &erpv1.ErpDocument_WriteOff{WriteOff: off}}
		default:
			continue
		}
		content, err := encode(post, document)
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		post.Content, post.Cause = content, message.ID
		posts = append(posts, post)
	}
	return store.Enqueue(ctx, tx, posts, s.now())
}

func writeOffOf(event *billingv1.InvoiceWrittenOff, at time.Time) *billingv1.WriteOff {
	return &billingv1.WriteOff{
		JournalId: event.GetJournalId(), InvoiceId: event.GetInvoiceId(), OrderId: event.GetOrderId(), Reason: event.GetReason(),
		Amount:       &commonv1.Money{CurrencyCode: event.GetCurrencyCode(), MinorUnits: event.GetAmountMinor()},
		WrittenOffAt: timestamppb.New(at),
	}
}

// encode is what the ERP will be told of a post, as it is stored: a later release sends the same.
func encode(post domain.Post, document *erpv1.ErpDocument) ([]byte, error) {
	document.DocumentId, document.OrderId = post.DocumentID, post.OrderID
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", post.DocumentID, err)
	}
	return content, nil
}
