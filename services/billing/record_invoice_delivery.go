package billing

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// RecordInvoiceDelivery implements the RPC of the same name.
func (s *Service) RecordInvoiceDelivery(
	ctx context.Context, req *billingv1.RecordInvoiceDeliveryRequest,
) (*billingv1.RecordInvoiceDeliveryResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "record_invoice_delivery", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.RecordInvoiceDeliveryResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.RecordInvoiceDeliveryResponse, error) {
			_, invoice, err := openInvoice(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			if err := s.deliver(ctx, tx, invoice, req); err != nil {
				return nil, err
			}
			if err := store.FillDeliveries(ctx, tx, invoice); err != nil {
				return nil, err
			}
			written, err := writeInvoice(ctx, tx, invoice)
			return &billingv1.RecordInvoiceDeliveryResponse{Invoice: written}, err
		})
	})
}

// deliver notes that an invoice was sent, and tells it, where that is news.
func (s *Service) deliver(ctx context.Context, tx database.Transaction, invoice *domain.Invoice, req *billingv1.RecordInvoiceDeliveryRequest) error {
	now := s.now()
	sent, err := sentAt(req.GetSentAt(), invoice, now)
	if err != nil {
		return err
	}
	delivery := domain.Delivery{Invoice: invoice.ID, Channel: req.GetChannel(), Reference: req.GetReference(), SentAt: sent}
	news, err := store.KeepDelivery(ctx, tx, &delivery, now)
	if err != nil || !news {
		return err
	}
	if err := invoice.Sent(&delivery); err != nil {
		return err
	}
	if err := store.SaveSentAt(ctx, tx, invoice); err != nil {
		return err
	}
	return outbox.Add(ctx, tx, invoiceSent(invoice, delivery))
}

// sentAt reads when an invoice was sent: not before it was issued. Clocks of others may be a minute ahead.
func sentAt(at *timestamppb.Timestamp, invoice *domain.Invoice, now time.Time) (time.Time, error) {
	if at == nil {
		return now, nil
	}
	sent := at.AsTime().Truncate(time.Microsecond)
	if at.CheckValid() != nil || sent.After(now.Add(time.Minute)) || sent.Before(invoice.IssuedAt) {
		return now, fault.New(fault.Invalid, "TIME_INVALID", "sent_at is not between the issue of the invoice and now").
			WithField("sent_at", "TIME_INVALID", "from the issue of the invoice until now")
	}
	return sent, nil
}
