package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// VoidPayment implements the RPC of the same name. A key that was never seen leaves a mark, for which its authorisation is
// refused when it comes; the others are left to the drain.
func (s *Service) VoidPayment(ctx context.Context, req *billingv1.VoidPaymentRequest) (*billingv1.VoidPaymentResponse, error) {
	keys := convertAll(req.GetVoids(), (*billingv1.PaymentVoid).GetKey)
	return database.Tx(ctx, s.db, "void_payment", func(tx database.Transaction) (*billingv1.VoidPaymentResponse, error) {
		known, err := store.IntentsByKey(ctx, tx, keys)
		if err != nil {
			return nil, err
		}
		byKey := map[string]*domain.Intent{}
		for _, intent := range known {
			byKey[intent.Key] = intent
		}
		var marks []*domain.Intent
		for _, key := range keys {
			if byKey[key] == nil {
				byKey[key] = domain.VoidedBefore(id.New(), key, s.now())
				marks = append(marks, byKey[key])
			}
		}
		if err := store.AddIntents(ctx, tx, marks, s.now(), s.now()); err != nil {
			return nil, err
		}
		voided, err := s.requestVoids(ctx, tx, convertAll(known, func(intent *domain.Intent) uuid.UUID { return intent.ID }))
		if err != nil {
			return nil, err
		}
		return &billingv1.VoidPaymentResponse{
			VoidedMinor: convertAll(keys, func(key string) int64 { return voided[byKey[key].ID] }),
		}, nil
	})
}

// requestVoids lets intents count no more, and the drain give them up. It returns what will not be captured of each.
func (s *Service) requestVoids(ctx context.Context, tx database.Transaction, ids []uuid.UUID) (map[uuid.UUID]int64, error) {
	voided := map[uuid.UUID]int64{}
	if len(ids) == 0 {
		return voided, nil
	}
	book, intents, err := openIntentBook(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var changed []*domain.Intent
	for _, intent := range intents {
		requested := intent.VoidRequested
		if voided[intent.ID], err = book.RequestVoid(intent); err != nil {
			return nil, err
		}
		if !requested {
			changed = append(changed, intent)
		}
	}
	if err := store.SaveIntentStates(ctx, tx, changed); err != nil {
		return nil, err
	}
	var open []uuid.UUID
	for _, intent := range changed {
		if ask, _ := intent.Next(); ask != domain.AskNothing {
			open = append(open, intent.ID)
		}
	}
	if err := store.QueueIntentsAt(ctx, tx, open, s.now()); err != nil {
		return nil, err
	}
	tx.Notify(topicPayments)
	return voided, s.saveBook(ctx, tx, book)
}

// openIntentBook locks the credit rows of the intents' accounts, then the intents.
func openIntentBook(ctx context.Context, tx database.Transaction, ids []uuid.UUID) (*domain.Book, []*domain.Intent, error) {
	seen, err := store.Intents(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	credits, err := store.LockCreditRows(ctx, tx, accountsOfIntents(seen))
	if err != nil {
		return nil, nil, err
	}
	intents, err := store.LockedIntents(ctx, tx, ids)
	return domain.NewBook(credits, nil, nil, nil), intents, err
}

func accountsOfIntents(intents []*domain.Intent) []domain.AccountID {
	var accounts []domain.AccountID
	for _, intent := range intents {
		if intent.Account != "" {
			accounts = append(accounts, intent.Account)
		}
	}
	return sortedSet(accounts)
}
