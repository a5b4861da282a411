package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// DisputeInvoice implements the RPC of the same name.
func (s *Service) DisputeInvoice(ctx context.Context, req *billingv1.DisputeInvoiceRequest) (*billingv1.DisputeInvoiceResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "dispute_invoice", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.DisputeInvoiceResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.DisputeInvoiceResponse, error) {
			book, invoice, err := openInvoice(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			news, err := invoice.Dispute(req.GetReason())
			if err != nil {
				return nil, err
			}
			if err := s.saveDispute(ctx, tx, book, invoice, news, req.GetReason()); err != nil {
				return nil, err
			}
			written, err := writeInvoice(ctx, tx, invoice)
			return &billingv1.DisputeInvoiceResponse{Invoice: written}, err
		})
	})
}

// saveDispute stores and tells whether an invoice is disputed, where that is news. One that is disputed is not past due any
// more, which may free orders.
func (s *Service) saveDispute(
	ctx context.Context, tx database.Transaction, book *domain.Book, invoice *domain.Invoice, news bool, reason string,
) error {
	if !news {
		return nil
	}
	if err := store.SaveDisputed(ctx, tx, invoice); err != nil {
		return err
	}
	return s.saveBook(ctx, tx, book, disputeChanged(invoice, reason))
}
