package billing

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// blockOrders blocks all orders of accounts whose terms have become stricter than what they owe. Which of them has something
// that did not go to a warehouse yet, the order service knows. All of them, and not the newest until the rest fits: what the
// rest would be is not known here, and which order is worth more than another is a person's decision.
func (s *Service) blockOrders(ctx context.Context, tx database.Transaction, book *domain.Book, stricter []*domain.Credit) error {
	if len(stricter) == 0 {
		return nil
	}
	if err := store.FillOldestDue(ctx, tx, stricter, s.today()); err != nil {
		return err
	}
	for _, credit := range stricter {
		if credit.Within() == nil {
			continue
		}
		orders, err := store.UnblockedOrders(ctx, tx, credit.Account)
		if err != nil {
			return err
		}
		book.BlockAll(credit.Account, orders)
	}
	return nil
}

// freeOrders frees the blocked orders of the accounts that are within their terms, stores all blocks that have changed, and
// returns what is to be told of them. An account without blocked orders costs nothing.
func (s *Service) freeOrders(ctx context.Context, tx database.Transaction, book *domain.Book) ([]outbox.Event, error) {
	if blocked := book.BlockedCredits(); len(blocked) > 0 {
		if err := store.FillOldestDue(ctx, tx, blocked, s.today()); err != nil {
			return nil, err
		}
		for _, credit := range blocked {
			if credit.Within() != nil {
				continue
			}
			orders, err := store.BlockedOrders(ctx, tx, credit.Account)
			if err != nil {
				return nil, err
			}
			book.FreeAll(credit.Account, orders)
		}
	}
	changed := book.ChangedBlocks()
	return convertAll(changed, blockChanged), store.SaveBlocksOf(ctx, tx, changed, s.now())
}
