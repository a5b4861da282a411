package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// UnapplyCash implements the RPC of the same name.
func (s *Service) UnapplyCash(ctx context.Context, req *billingv1.UnapplyCashRequest) (*billingv1.UnapplyCashResponse, error) {
	paymentID, err := readablePayment(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	invoiceID, err := id.Parse(id.Invoice, req.GetInvoiceId())
	if err != nil {
		return nil, invoiceNotFound(req.GetInvoiceId())
	}
	key := requestKey(rpc.IdentityFrom(ctx), "unapply_cash", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.UnapplyCashResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.UnapplyCashResponse, error) {
			book, payment, invoices, err := openPayment(ctx, tx, paymentID, []allocation{{invoice: invoiceID}})
			if err != nil {
				return nil, err
			}
			if invoices[0] == nil {
				return nil, invoiceNotFound(req.GetInvoiceId())
			}
			if err := book.UnapplyCash(payment, invoices[0], req.GetAmountMinor()); err != nil {
				return nil, err
			}
			if err := store.SaveCashApplied(ctx, tx, payment); err != nil {
				return nil, err
			}
			return &billingv1.UnapplyCashResponse{Payment: paymentToProto(payment)}, s.saveCash(ctx, tx, book)
		})
	})
}
