package billing

import (
	"cmp"
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

// DiscardInvoice implements the RPC of the same name.
func (s *Service) DiscardInvoice(ctx context.Context, req *billingv1.DiscardInvoiceRequest) (*billingv1.DiscardInvoiceResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "discard_invoice", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.DiscardInvoiceResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.DiscardInvoiceResponse, error) {
			book, invoice, err := openDraft(ctx, tx, req.GetInvoiceId())
			if err != nil {
				return nil, err
			}
			news, err := book.Discard(invoice, s.discardedBy(ctx, req.GetReason()))
			if err != nil {
				return nil, err
			}
			if news {
				if err := store.DiscardDraft(ctx, tx, invoice); err != nil {
					return nil, err
				}
				if err := s.saveBook(ctx, tx, book, invoiceDiscarded(invoice)); err != nil {
					return nil, err
				}
			}
			written, err := writeInvoice(ctx, tx, invoice)
			return &billingv1.DiscardInvoiceResponse{Invoice: written}, err
		})
	})
}

func (s *Service) discardedBy(ctx context.Context, reason string) domain.Discarded {
	caller := rpc.IdentityFrom(ctx)
	return domain.Discarded{At: s.now(), By: cmp.Or(caller.Principal, caller.Service, "local"), Reason: reason}
}

// openDraft locks a draft as openInvoice does, its place in the queue before it, as the drain does. A partner has none.
func openDraft(ctx context.Context, tx database.Transaction, name string) (*domain.Book, *domain.Invoice, error) {
	invoiceID, err := id.Parse(id.Invoice, name)
	if err != nil || rpc.IdentityFrom(ctx).Partner != "" {
		return nil, nil, invoiceNotFound(name)
	}
	if _, err := store.StillPending(ctx, tx, []*domain.Invoice{{ID: invoiceID}}); err != nil {
		return nil, nil, err
	}
	book, invoice, err := openInvoice(ctx, tx, name)
	if err != nil {
		return nil, nil, err
	}
	snapshots, err := store.Snapshots(ctx, tx, []uuid.UUID{invoice.Order})
	if err != nil {
		return nil, nil, err
	}
	order, err := decodeSnapshot(snapshots[invoice.Order])
	if err != nil {
		return nil, nil, err
	}
	return book, invoice, completeInvoice(invoice, order)
}
