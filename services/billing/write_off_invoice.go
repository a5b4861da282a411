package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// WriteOffInvoice implements the RPC of the same name.
func (s *Service) WriteOffInvoice(ctx context.Context, req *billingv1.WriteOffInvoiceRequest) (*billingv1.WriteOffInvoiceResponse, error) {
	if rpc.IdentityFrom(ctx).Partner != "" {
		return nil, invoiceNotFound(req.GetInvoiceId()) // what is owed to us is not a partner's to give up
	}
	key := requestKey(rpc.IdentityFrom(ctx), "write_off_invoice", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.WriteOffInvoiceResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.WriteOffInvoiceResponse, error) {
			book, invoice, err := openInvoice(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			entities, err := store.Entities(ctx, tx, []string{invoice.LegalEntity})
			if err != nil {
				return nil, err
			}
			off := &domain.WriteOff{ID: id.New(), Invoice: invoice, Amount: req.GetAmountMinor(), Reason: req.GetReason()}
			if err := book.WriteOffInvoice(off, id.New(), entities[invoice.LegalEntity].Rounding); err != nil {
				return nil, err
			}
			if err := store.AddWriteOff(ctx, tx, off, s.now()); err != nil {
				return nil, err
			}
			if err := s.saveCash(ctx, tx, book, invoiceWrittenOff(off)); err != nil {
				return nil, err
			}
			reply := &billingv1.WriteOffInvoiceResponse{WrittenOffMinor: off.Amount}
			reply.Invoice, err = writeInvoice(ctx, tx, invoice)
			return reply, err
		})
	})
}

// openInvoice locks an invoice that the caller may see, and the credit row of its account before it.
func openInvoice(ctx context.Context, tx database.Transaction, name string) (*domain.Book, *domain.Invoice, error) {
	invoiceID, err := id.Parse(id.Invoice, name)
	if err != nil {
		return nil, nil, invoiceNotFound(name)
	}
	seen, err := store.InvoiceByID(ctx, tx, invoiceID)
	if err != nil {
		return nil, nil, err
	}
	partner := rpc.IdentityFrom(ctx).Partner
	if seen == nil || partner != "" && seen.Partner != partner {
		return nil, nil, invoiceNotFound(name)
	}
	book, invoices, err := openForCash(ctx, tx, seen.Account, seen.LegalEntity, []allocation{{invoice: invoiceID}})
	if err != nil {
		return nil, nil, err
	}
	return book, invoices[0], nil
}

// writeInvoice writes an invoice as it stands on the paper.
func writeInvoice(ctx context.Context, tx database.Transaction, invoice *domain.Invoice) (*billingv1.Invoice, error) {
	snapshots, err := store.Snapshots(ctx, tx, []uuid.UUID{invoice.Order})
	if err != nil {
		return nil, err
	}
	order, err := decodeSnapshot(snapshots[invoice.Order])
	if err != nil {
		return nil, err
	}
	return invoiceToProto(invoice, order), nil
}
