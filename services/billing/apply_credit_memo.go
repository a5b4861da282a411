package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// ApplyCreditMemo implements the RPC of the same name.
func (s *Service) ApplyCreditMemo(ctx context.Context, req *billingv1.ApplyCreditMemoRequest) (*billingv1.ApplyCreditMemoResponse, error) {
	memoID, err := id.Parse(id.CreditMemo, req.GetCreditMemoId())
	if err != nil {
		return nil, memoNotFound(req.GetCreditMemoId())
	}
	invoiceID, err := id.Parse(id.Invoice, req.GetInvoiceId())
	if err != nil {
		return nil, invoiceNotFound(req.GetInvoiceId())
	}
	caller := rpc.IdentityFrom(ctx)
	key := requestKey(caller, "apply_credit_memo", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.ApplyCreditMemoResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.ApplyCreditMemoResponse, error) {
			return s.applyMemo(ctx, tx, req, caller.Partner, memoID, invoiceID)
		})
	})
}

func (s *Service) applyMemo(
	ctx context.Context, tx database.Transaction, req *billingv1.ApplyCreditMemoRequest, partner string, memoID, invoiceID uuid.UUID,
) (*billingv1.ApplyCreditMemoResponse, error) {
	memo, invoice, book, err := openForApplying(ctx, tx, memoID, invoiceID)
	switch {
	case err != nil:
		return nil, err
	case memo == nil || partner != "" && memo.Partner != partner:
		return nil, memoNotFound(req.GetCreditMemoId())
	case invoice == nil || partner != "" && invoice.Partner != partner:
		return nil, invoiceNotFound(req.GetInvoiceId())
	}
	applied, err := book.ApplyMemo(memo, invoice, req.GetAmountMinor())
	if err != nil {
		return nil, err
	}
	if applied > 0 {
		if err := store.SaveMemoApplication(ctx, tx, memo, invoiceID, applied); err != nil {
			return nil, err
		}
	}
	events, err := saveSettled(ctx, tx, book)
	if err != nil {
		return nil, err
	}
	if err := s.saveBook(ctx, tx, book, events...); err != nil {
		return nil, err
	}
	snapshots, err := store.Snapshots(ctx, tx, []uuid.UUID{invoice.Order})
	if err != nil {
		return nil, err
	}
	order, err := decodeSnapshot(snapshots[invoice.Order])
	if err != nil {
		return nil, err
	}
	return &billingv1.ApplyCreditMemoResponse{
		AppliedMinor: applied, CreditMemo: memoToProto(memo), Invoice: invoiceToProto(invoice, order),
	}, nil
}

// openForApplying loads a memo and an invoice, locked, and locks the credit row of the memo's account before them. They are
// nil where they are not.
func openForApplying(
	ctx context.Context, tx database.Transaction, memoID, invoiceID uuid.UUID,
) (*domain.Memo, *domain.Invoice, *domain.Book, error) {
	seen, err := store.MemoByID(ctx, tx, memoID)
	if err != nil || seen == nil {
		return nil, nil, nil, err
	}
	credits, err := store.LockCreditRows(ctx, tx, []domain.AccountID{seen.Account})
	if err != nil {
		return nil, nil, nil, err
	}
	invoices, err := store.LockedInvoices(ctx, tx, []uuid.UUID{invoiceID})
	if err != nil {
		return nil, nil, nil, err
	}
	memo, err := store.LockedMemo(ctx, tx, memoID)
	if err != nil {
		return nil, nil, nil, err
	}
	book := domain.NewBook(credits, nil, nil, nil)
	book.AddInvoices(invoices)
	return memo, book.Invoice(invoiceID), book, nil
}

// saveSettled stores what of the book's invoices is settled now, and returns the events of those that owe
// nothing more, or something again.
func saveSettled(ctx context.Context, tx database.Transaction, book *domain.Book) ([]outbox.Event, error) {
	invoices := book.ChangedInvoices()
	if err := store.SaveSettled(ctx, tx, invoices); err != nil {
		return nil, err
	}
	var events []outbox.Event
	for _, invoice := range invoices {
		if invoice.JustSettled() {
			events = append(events, invoicePaid(invoice))
		}
		if invoice.JustReopened() {
			events = append(events, invoiceReopened(invoice))
		}
	}
	return events, nil
}

func memoNotFound(name string) error {
	return fault.New(fault.NotFound, "CREDIT_MEMO_NOT_FOUND", "there is no credit memo %q", name)
}
