package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// DiscardCreditMemo implements the RPC of the same name.
func (s *Service) DiscardCreditMemo(
	ctx context.Context, req *billingv1.DiscardCreditMemoRequest,
) (*billingv1.DiscardCreditMemoResponse, error) {
	key := requestKey(rpc.IdentityFrom(ctx), "discard_credit_memo", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.DiscardCreditMemoResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.DiscardCreditMemoResponse, error) {
			book, memo, err := openMemoDraft(ctx, tx, req.GetCreditMemoId())
			if err != nil {
				return nil, err
			}
			news, err := book.DiscardMemo(memo, s.discardedBy(ctx, req.GetReason()))
			if err != nil {
				return nil, err
			}
			if news {
				if err := store.DiscardMemoDraft(ctx, tx, memo, book.CreditedInvoices()); err != nil {
					return nil, err
				}
				if err := outbox.Add(ctx, tx, creditMemoDiscarded(memo)); err != nil {
					return nil, err
				}
			}
			return &billingv1.DiscardCreditMemoResponse{CreditMemo: memoToProto(memo)}, nil
		})
	})
}

// openMemoDraft locks a draft: its place in the queue, the invoices that it credits, then itself. A partner has none.
func openMemoDraft(ctx context.Context, tx database.Transaction, name string) (*domain.Book, *domain.Memo, error) {
	memoID, err := id.Parse(id.CreditMemo, name)
	if err != nil || rpc.IdentityFrom(ctx).Partner != "" {
		return nil, nil, memoNotFound(name)
	}
	seen, err := store.MemoByID(ctx, tx, memoID)
	if err != nil {
		return nil, nil, err
	}
	if seen == nil {
		return nil, nil, memoNotFound(name)
	}
	if _, err := store.StillPendingMemos(ctx, tx, []*domain.Memo{seen}); err != nil {
		return nil, nil, err
	}
	invoices, err := store.LockedInvoices(ctx, tx, creditedBy([]*domain.Memo{seen}))
	if err != nil {
		return nil, nil, err
	}
	memo, err := store.LockedMemo(ctx, tx, memoID)
	if err != nil {
		return nil, nil, err
	}
	book := domain.NewBook(nil, nil, nil, nil)
	book.AddInvoices(invoices)
	return book, memo, nil
}
