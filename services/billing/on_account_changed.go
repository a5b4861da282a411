package billing

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// onAccountChanged keeps the copies of the accounts' terms. New terms hold for the claims that come after them; what was
// granted stays granted. Terms that are stricter than what the account owes block its orders, which holds what has not gone to
// a warehouse yet.
func (s *Service) onAccountChanged(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	newest := map[string]store.AccountCopy{}
	for _, message := range batch {
		event, ok := message.Payload.(*masterdatav1.AccountChanged)
		if !ok {
			continue
		}
		account, err := accountFromProto(event.GetAccount())
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		newest[event.GetAccountId()] = account // events of one account come in order
	}
	if len(newest) == 0 {
		return nil
	}
	accounts := make([]store.AccountCopy, 0, len(newest))
	for _, account := range newest {
		accounts = append(accounts, account)
	}
	return s.changeTerms(ctx, tx, accounts)
}

// changeTerms stores the copies, and tells of known accounts whose terms of credit have changed by it.
func (s *Service) changeTerms(ctx context.Context, tx database.Transaction, accounts []store.AccountCopy) error {
	ids := sortedSet(convertAll(accounts, func(account store.AccountCopy) domain.AccountID { return account.ID }))
	before, err := store.LockCreditRows(ctx, tx, ids)
	if err != nil {
		return err
	}
	if err := store.SaveAccountCopies(ctx, tx, accounts); err != nil {
		return err
	}
	if len(before) == 0 {
		return nil
	}
	after, err := store.LockCreditRows(ctx, tx, ids)
	if err != nil {
		return err
	}
	known := make(map[domain.AccountID]*domain.Credit, len(before))
	for _, credit := range before {
		known[credit.Account] = credit
	}
	var events []outbox.Event
	var stricter []*domain.Credit
	for _, credit := range after {
		old := known[credit.Account]
		if old == nil || old.SameTerms(credit) {
			continue
		}
		if credit.Stricter(old) {
			stricter = append(stricter, credit)
		}
		stop := credit.Stopped && !old.Stopped
		if sequence := credit.TellTerms(stop); stop {
			events = append(events, accountStopped(credit.Account, sequence, stoppedByTerms))
		}
	}
	book := domain.NewBook(after, nil, nil, nil)
	if err := s.blockOrders(ctx, tx, book, stricter); err != nil {
		return err
	}
	return s.saveBook(ctx, tx, book, events...)
}
