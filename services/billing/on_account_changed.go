package billing

import (
	"context"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// onAccountChanged keeps the copies of the accounts' terms. New terms hold for the claims that come after them; what was
// granted stays granted.
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
	return store.SaveAccountCopies(ctx, tx, accounts)
}
