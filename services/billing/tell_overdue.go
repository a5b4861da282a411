package billing

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// overdueSet is how many invoices are told to be overdue in one transaction.
const overdueSet = 256

// tellOverdue tells of each invoice that is past due, once. What is told stands in the invoice's row, so it goes on where it
// stopped; replicas may do it side by side.
func (s *Service) tellOverdue(ctx context.Context) error {
	return pace.Every(ctx, s.config.OverduePoll, func(err error) {
		s.log.WarnContext(ctx, "what is overdue is not told, it is tried again", "error", err, "again_in", s.config.OverduePoll)
	}, s.tellOverdueSet)
}

func (s *Service) tellOverdueSet(ctx context.Context) (more bool, err error) {
	today := s.today()
	found, err := store.NewlyOverdue(ctx, s.db.Pool(), today, overdueSet)
	if err != nil || len(found) == 0 {
		return false, err
	}
	return database.Tx(ctx, s.db, "tell_overdue", func(tx database.Transaction) (bool, error) {
		invoices, err := store.LockedInvoices(ctx, tx, found)
		if err != nil {
			return false, err
		}
		var told []*domain.Invoice
		for _, invoice := range invoices {
			if invoice.FallOverdue(today) {
				told = append(told, invoice)
			}
		}
		if len(told) == 0 {
			return false, nil
		}
		if err := store.SaveOverdueTold(ctx, tx, told); err != nil {
			return false, err
		}
		return len(found) == overdueSet, outbox.Add(ctx, tx, convertAll(told, invoiceOverdue)...)
	})
}
