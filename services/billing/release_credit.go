package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// releaseCall is one call of ReleaseCredit.
type releaseCall struct{ wants []domain.ReleaseWant }

// BatchWeight implements batch.Weigher.
func (c releaseCall) BatchWeight() int { return len(c.wants) }

// ReleaseCredit implements the RPC of the same name.
func (s *Service) ReleaseCredit(ctx context.Context, req *billingv1.ReleaseCreditRequest) (*billingv1.ReleaseCreditResponse, error) {
	wants, err := releasesFromProto(req)
	if err != nil {
		return nil, err
	}
	released, err := s.releases.Do(ctx, releaseCall{wants})
	if err != nil {
		return nil, err
	}
	return &billingv1.ReleaseCreditResponse{ReleasedMinor: released}, nil
}

// releaseSet decides calls in one transaction, one release after the other.
func (s *Service) releaseSet(ctx context.Context, calls []releaseCall) []batch.Result[[]int64] {
	var keys, claimKeys []string
	var orders []uuid.UUID
	for _, call := range calls {
		for i := range call.wants {
			want := &call.wants[i]
			keys = append(keys, want.Key)
			orders = append(orders, want.Order)
			if want.ClaimKey != "" {
				claimKeys = append(claimKeys, want.ClaimKey)
			}
		}
	}
	accounts, err := store.AccountsOf(ctx, s.db.Pool(), orders, claimKeys)
	if err != nil {
		return batch.Fail[[]int64](len(calls), err)
	}
	leave, err := s.turns.take(ctx, sortedSet(accounts))
	if err != nil {
		return batch.Fail[[]int64](len(calls), err)
	}
	defer leave()
	results, err := database.Tx(ctx, s.db, "release_credit", func(tx database.Transaction) ([]batch.Result[[]int64], error) {
		book, err := openForReleases(ctx, tx, keys, claimKeys, orders)
		if err != nil {
			return nil, err
		}
		results := make([]batch.Result[[]int64], len(calls))
		for i, call := range calls {
			for _, want := range call.wants {
				released, err := book.Release(want)
				if err != nil {
					return nil, err
				}
				results[i].Value = append(results[i].Value, released)
			}
		}
		return results, s.saveBook(ctx, tx, book)
	})
	if err != nil {
		return batch.Fail[[]int64](len(calls), err)
	}
	return results
}

func openForReleases(
	ctx context.Context, tx database.Transaction, keys, claimKeys []string, orders []uuid.UUID,
) (*domain.Book, error) {
	releases, err := store.Releases(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	claims, err := store.Claims(ctx, tx, claimKeys)
	if err != nil {
		return nil, err
	}
	known, counting, err := loadOrders(ctx, tx, orders)
	if err != nil {
		return nil, err
	}
	claims = append(claims, counting...)
	replaced, err := loadReplaced(ctx, tx, known, claims)
	if err != nil {
		return nil, err
	}
	claims = append(claims, replaced...)
	credits, err := lockCreditsOf(ctx, tx, claims)
	if err != nil {
		return nil, err
	}
	return domain.NewBook(credits, claims, known, releases), nil
}

// lockCreditsOf locks the credit rows of the claims' accounts. What was read before is as good as read after: of two
// transactions that change a claim, or what is known of its order, the later one runs again.
func lockCreditsOf(ctx context.Context, tx database.Transaction, claims []*domain.Claim) ([]*domain.Credit, error) {
	var accounts []domain.AccountID
	for _, claim := range claims {
		if claim.Account != "" {
			accounts = append(accounts, claim.Account)
		}
	}
	return store.LockCreditRows(ctx, tx, sortedSet(accounts))
}

// loadReplaced gives the orders what the amendments replaced whose claims count for them, and returns the claims of that.
func loadReplaced(
	ctx context.Context, tx database.Transaction, orders []*domain.KnownOrder, claims []*domain.Claim,
) ([]*domain.Claim, error) {
	replacedBy := map[string]string{}
	var keys []string
	for _, claim := range claims {
		if claim.Replaced != "" && replacedBy[claim.Key] == "" {
			replacedBy[claim.Key] = claim.Replaced
			keys = append(keys, claim.Replaced)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	stored, err := store.Revisions(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	revisions := make(map[string]*domain.Revision, len(stored))
	replaced := make([]*domain.Claim, 0, len(stored))
	for _, one := range stored {
		order, err := orderFromSnapshot(one.Snapshot)
		if err != nil {
			return nil, err
		}
		revisions[one.Claim.Key] = &domain.Revision{ClaimKey: one.Claim.Key, Order: order, Snapshot: one.Snapshot, Weighing: one.Weighing}
		replaced = append(replaced, one.Claim)
	}
	for _, order := range orders {
		order.Before = revisions[replacedBy[order.ClaimKey]]
	}
	return replaced, nil
}
