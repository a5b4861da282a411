package operations

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// onEvents keeps the events of a set, and books what of them needs a person.
func (s *Service) onEvents(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	if err := archive(ctx, tx, batch); err != nil {
		return err
	}
	if err := awaitInvoices(ctx, tx, batch); err != nil {
		return err
	}
	var troubles []domain.Trouble
	seen := make(map[string]bool, len(batch))
	for _, message := range batch {
		if !seen[message.ID] {
			seen[message.ID] = true
			troubles = append(troubles, troublesOf(message)...)
		}
	}
	return s.take(ctx, tx, troubles)
}

// keepOnly keeps an event that could not be handled.
func (s *Service) keepOnly(ctx context.Context, tx database.Transaction, message inbox.Message) error {
	return archive(ctx, tx, []inbox.Message{message})
}
