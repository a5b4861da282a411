package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// KeepDelivery stores that an invoice was sent, and reports whether that is news.
func KeepDelivery(ctx context.Context, tx database.Transaction, delivery *domain.Delivery, now time.Time) (news bool, err error) {
	added, err := New(tx).AddDelivery(ctx, AddDeliveryParams{
		InvoiceID: delivery.Invoice, Channel: delivery.Channel, Reference: delivery.Reference, SentAt: delivery.SentAt, RecordedAt: now,
	})
	if err != nil {
		return false, fmt.Errorf("add delivery: %w", err)
	}
	return added > 0, nil
}

// SaveSentAt stores when an invoice was first sent.
func SaveSentAt(ctx context.Context, tx database.Transaction, invoice *domain.Invoice) error {
	err := New(tx).SaveSent(ctx, SaveSentParams{SentAt: &invoice.SentAt, EventSequence: invoice.EventSequence, InvoiceID: invoice.ID})
	if err != nil {
		return fmt.Errorf("save when an invoice was sent: %w", err)
	}
	return nil
}

// FillDeliveries loads on which ways an invoice was sent.
func FillDeliveries(ctx context.Context, db DBTX, invoice *domain.Invoice) error {
	rows, err := New(db).FindDeliveries(ctx, invoice.ID)
	if err != nil {
		return database.Fault(ctx, err)
	}
	invoice.Deliveries = invoice.Deliveries[:0]
	for _, row := range rows {
		invoice.Deliveries = append(invoice.Deliveries, domain.Delivery{
			Invoice: row.InvoiceID, Channel: row.Channel, Reference: row.Reference, SentAt: row.SentAt,
		})
	}
	return nil
}

// DiscardDraft stores that the draft of an invoice is put aside. It leaves the queue.
func DiscardDraft(ctx context.Context, tx database.Transaction, invoice *domain.Invoice) error {
	q := New(tx)
	if err := q.saveDiscarded(ctx, invoice); err != nil {
		return err
	}
	ids, shards := queueKeys([]*domain.Invoice{invoice})
	if err := q.DeletePending(ctx, DeletePendingParams{Shards: shards, InvoiceIds: ids}); err != nil {
		return fmt.Errorf("take an invoice off the queue: %w", err)
	}
	return nil
}

// RequeueDraft stores that the draft of an invoice is not put aside any more, and queues it for its tax.
func RequeueDraft(ctx context.Context, tx database.Transaction, invoice *domain.Invoice, now time.Time) error {
	q := New(tx)
	if err := q.saveDiscarded(ctx, invoice); err != nil {
		return err
	}
	ids, shards := queueKeys([]*domain.Invoice{invoice})
	if err := q.InsertPending(ctx, InsertPendingParams{Shards: shards, InvoiceIds: ids, DueAt: now}); err != nil {
		return fmt.Errorf("queue an invoice: %w", err)
	}
	return nil
}

func (q *Queries) saveDiscarded(ctx context.Context, invoice *domain.Invoice) error {
	err := q.SaveDiscarded(ctx, SaveDiscardedParams{
		DiscardedAt: timeOrNull(invoice.Discarded.At), DiscardedBy: invoice.Discarded.By, DiscardReason: invoice.Discarded.Reason,
		EventSequence: invoice.EventSequence, InvoiceID: invoice.ID,
	})
	if err != nil {
		return fmt.Errorf("save whether a draft is discarded: %w", err)
	}
	return nil
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// DiscardMemoDraft stores that the draft of a credit memo is thrown away, and what of the invoices is credited without it. It
// leaves the queue.
func DiscardMemoDraft(ctx context.Context, tx database.Transaction, memo *domain.Memo, invoices []*domain.Invoice) error {
	q := New(tx)
	err := q.SaveDiscardedMemo(ctx, SaveDiscardedMemoParams{
		DiscardedAt: timeOrNull(memo.Discarded.At), DiscardedBy: memo.Discarded.By, DiscardReason: memo.Discarded.Reason,
		EventSequence: memo.EventSequence, CreditMemoID: memo.ID,
	})
	if err != nil {
		return fmt.Errorf("save that a credit memo is discarded: %w", err)
	}
	if len(invoices) > 0 {
		if err := q.saveCredited(ctx, invoices); err != nil {
			return err
		}
	}
	err = q.DeletePendingMemos(ctx, DeletePendingMemosParams{
		Shards: []int64{int64(shard.OfUUID(memo.ID))}, CreditMemoIds: []uuid.UUID{memo.ID},
	})
	if err != nil {
		return fmt.Errorf("take a credit memo off the queue: %w", err)
	}
	return nil
}
