package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// RedraftInvoice implements the RPC of the same name.
func (s *Service) RedraftInvoice(ctx context.Context, req *billingv1.RedraftInvoiceRequest) (*billingv1.RedraftInvoiceResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "redraft_invoice", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.RedraftInvoiceResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.RedraftInvoiceResponse, error) {
			_, invoice, err := openDraft(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			news, err := invoice.Redraft()
			if err != nil {
				return nil, err
			}
			if news {
				if err := store.RequeueDraft(ctx, tx, invoice, s.now()); err != nil {
					return nil, err
				}
				tx.Notify(topicPending)
				if err := outbox.Add(ctx, tx, invoiceDrafted(invoice)); err != nil {
					return nil, err
				}
			}
			written, err := writeInvoice(ctx, tx, invoice)
			return &billingv1.RedraftInvoiceResponse{Invoice: written}, err
		})
	})
}
