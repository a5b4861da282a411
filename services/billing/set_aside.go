package billing

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// reasonIssueFailed: the invoice has its tax and cannot be stored with it.
const reasonIssueFailed = "ISSUE_FAILED"

// spoilt is a document that fails whenever it is tried, and how.
type spoilt[T any] struct {
	document T
	err      error
}

// apart does something with a set of documents. When that fails in a way that no waiting mends, it is done with the halves,
// until what spoils the set stands alone: one document must not keep the others of its shards from being issued. The error
// is one that passes by itself; what is not done then is due again.
func apart[T any](ctx context.Context, set []T, do func([]T) error) ([]spoilt[T], error) {
	if len(set) == 0 {
		return nil, nil
	}
	err := do(set)
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil || fault.Retryable(err):
		return nil, err
	case len(set) == 1:
		return []spoilt[T]{{set[0], err}}, nil
	}
	half := len(set) / 2
	first, err := apart(ctx, set[:half], do)
	if err != nil {
		return first, err
	}
	second, err := apart(ctx, set[half:], do)
	return append(first, second...), err
}

// setAside puts off what cannot even be deferred, without touching anything else of it: it takes a person to mend.
func (s *Service) setAside(ctx context.Context, leases shard.Leases, found []spoilt[*domain.Invoice]) error {
	if len(found) == 0 {
		return nil
	}
	all := make([]*domain.Invoice, 0, len(found))
	for _, one := range found {
		s.log.ErrorContext(ctx, "an invoice cannot be deferred", "invoice_id", one.document.ID, "error", one.err)
		all = append(all, one.document)
	}
	_, err := database.Tx(ctx, s.db, "set_invoices_aside", func(tx database.Transaction) (struct{}, error) {
		invoices, err := stillPending(ctx, tx, leases, all)
		if err != nil || len(invoices) == 0 {
			return struct{}{}, err
		}
		for _, invoice := range invoices {
			invoice.Attempts++
		}
		now := s.now()
		return struct{}{}, store.SaveDeferrals(ctx, tx, invoices, nil, func(invoice *domain.Invoice) time.Time {
			return now.Add(s.refusalDelay(invoice.Attempts))
		})
	})
	return err
}

// refusalDelay is the wait of an invoice that failed for a reason of its own, that many times.
func (s *Service) refusalDelay(attempts int64) time.Duration {
	return min(s.config.RefusalDelay<<min(attempts-1, 16), maxRefusalDelay)
}
