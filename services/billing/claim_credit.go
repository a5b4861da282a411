package billing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// claimCall is one call of ClaimCredit.
type claimCall struct{ wants []domain.ClaimWant }

// BatchWeight implements batch.Weigher.
func (c claimCall) BatchWeight() int { return len(c.wants) }

// ClaimCredit implements the RPC of the same name.
func (s *Service) ClaimCredit(ctx context.Context, req *billingv1.ClaimCreditRequest) (*billingv1.ClaimCreditResponse, error) {
	wants, err := claimsFromProto(req)
	if err != nil {
		return nil, err
	}
	claims, err := s.claims.Do(ctx, claimCall{wants})
	if err != nil {
		return nil, err
	}
	return &billingv1.ClaimCreditResponse{Outcomes: convertAll(claims, claimToProto)}, nil
}

// claimSet decides calls in one transaction, one claim after the other. A claim on an account that is not known is refused
// alone.
func (s *Service) claimSet(ctx context.Context, calls []claimCall) []batch.Result[[]*domain.Claim] {
	var keys []string
	var accounts []domain.AccountID
	var orders []uuid.UUID
	for _, call := range calls {
		for i := range call.wants {
			keys = append(keys, call.wants[i].Key)
			accounts = append(accounts, call.wants[i].Order.Account)
			orders = append(orders, call.wants[i].Order.ID)
		}
	}
	accounts = sortedSet(accounts)
	leave, err := s.turns.take(ctx, accounts)
	if err != nil {
		return batch.Fail[[]*domain.Claim](len(calls), err)
	}
	defer leave()
	results, err := database.Tx(ctx, s.db, "claim_credit", func(tx database.Transaction) ([]batch.Result[[]*domain.Claim], error) {
		book, err := openForClaims(ctx, tx, accounts, keys, orders, s.today())
		if err != nil {
			return nil, err
		}
		results := make([]batch.Result[[]*domain.Claim], len(calls))
		for i, call := range calls {
			results[i].Value, results[i].Err = book.Claims(call.wants)
		}
		return results, s.saveBook(ctx, tx, book)
	})
	if err != nil {
		return batch.Fail[[]*domain.Claim](len(calls), err)
	}
	return results
}

func openForClaims(
	ctx context.Context, tx database.Transaction, accounts []domain.AccountID, keys []string, orders []uuid.UUID, today time.Time,
) (*domain.Book, error) {
	credits, err := store.LockCreditRows(ctx, tx, accounts)
	if err != nil {
		return nil, err
	}
	if err := store.FillOldestDue(ctx, tx, credits, today); err != nil {
		return nil, err
	}
	claims, err := store.Claims(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	known, before, err := loadOrders(ctx, tx, orders)
	if err != nil {
		return nil, err
	}
	return domain.NewBook(credits, append(claims, before...), known, nil), nil
}

// loadOrders loads the known orders with the claims that count for them.
func loadOrders(ctx context.Context, tx database.Transaction, ids []uuid.UUID) ([]*domain.KnownOrder, []*domain.Claim, error) {
	stored, err := store.Orders(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	orders := make([]*domain.KnownOrder, 0, len(stored))
	claims := make([]*domain.Claim, 0, len(stored))
	for _, one := range stored {
		order, err := orderFromSnapshot(one.Snapshot)
		if err != nil {
			return nil, nil, err
		}
		orders = append(orders, &domain.KnownOrder{
			Order: order, Snapshot: one.Snapshot, ClaimKey: one.Claim.Key, Weighing: one.Weighing, Progress: one.Progress,
			Charged: one.Charged,
		})
		claims = append(claims, one.Claim)
	}
	return orders, claims, nil
}

// saveBook stores what has changed, one statement per table, and tells it. Orders that were blocked go on when the account is
// within its terms again, so what settles invoices is to be stored before.
func (s *Service) saveBook(ctx context.Context, tx database.Transaction, book *domain.Book, events ...outbox.Event) error {
	freed, err := s.freeOrders(ctx, tx, book)
	if err != nil {
		return err
	}
	events = append(events, freed...)
	exchanged := book.Exchanged()
	for _, difference := range exchanged {
		difference.ID, difference.Journal.ID = id.New(), id.New()
	}
	if err := store.KeepExchangeDifferences(ctx, tx, exchanged, s.now()); err != nil {
		return err
	}
	writes := database.NewPipeline(tx)
	credits := book.ChangedCredits()
	if err := store.SaveCreditRows(ctx, writes, credits); err != nil {
		return err
	}
	if err := store.ChangeClaims(ctx, writes, book.ChangedClaims()); err != nil {
		return err
	}
	if err := store.KeepRevisionsOf(ctx, writes, book.Replaced()); err != nil {
		return err
	}
	if err := store.SaveOrders(ctx, writes, book); err != nil {
		return err
	}
	if err := store.AddReleases(ctx, writes, book.NewReleases()); err != nil {
		return err
	}
	for _, credit := range credits {
		events = append(events, exposureChanged(credit))
	}
	if err := outbox.Add(ctx, writes, events...); err != nil {
		return err
	}
	return writes.Flush(ctx)
}

// sortedSet sorts names and takes out repeats.
func sortedSet[T ~string](names []T) []T {
	slices.Sort(names)
	return slices.Compact(names)
}
