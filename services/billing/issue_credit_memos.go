package billing

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	taxv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tax/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// memoSet is a set of credit memos on its way, with the terms of the companies that issue them.
type memoSet struct {
	memos    []*domain.Memo
	entities map[string]domain.LegalEntity
	rates    ratesByCurrency
}

// memoDeferral is a credit memo that cannot be issued yet, and until when it waits.
type memoDeferral struct {
	memo   *domain.Memo
	reason string
	wait   time.Duration
}

// issueCreditMemos drains the queue of pending credit memos. The tax engine is asked only for those with lines that
// credit no invoice.
func (s *Service) issueCreditMemos(ctx context.Context) error {
	return s.drain(ctx, "credit memos", topicMemos, s.issueDueMemos)
}

// issueDueMemos issues what is due of the owned shards, one set.
func (s *Service) issueDueMemos(ctx context.Context, leases shard.Leases, wait time.Duration) (more bool, err error) {
	memos, more, err := store.DueMemos(ctx, s.db.Pool(), leases.Shards(), s.now(), s.config.IssueBatch)
	if err != nil || len(memos) == 0 {
		return false, err
	}
	ready, deferrals, engine := s.taxMemos(ctx, memos, wait)
	set := memoSet{}
	names := convertAll(ready, func(memo *domain.Memo) string { return memo.LegalEntity })
	set.entities, set.rates, err = s.loadTerms(ctx, names, func(add func(entity, currency string)) {
		for _, memo := range ready {
			add(memo.LegalEntity, memo.Currency)
		}
	})
	if err != nil {
		return false, err
	}
	for _, memo := range ready {
		if set.rates.terms(set.entities[memo.LegalEntity], memo.Currency).Rate == 0 {
			deferrals = append(deferrals, s.refusedMemo(memo, domain.ReasonRateUnknown))
			continue
		}
		set.memos = append(set.memos, memo)
	}
	unissued, err := apart(ctx, set.memos, func(part []*domain.Memo) error {
		of := set
		of.memos = part
		return s.issueMemoSet(ctx, leases, of)
	})
	if err != nil {
		return false, err
	}
	for _, one := range unissued {
		s.log.ErrorContext(ctx, "a credit memo cannot be issued", "credit_memo_id", one.document.ID, "error", one.err)
		deferrals = append(deferrals, s.refusedMemo(one.document, reasonIssueFailed))
	}
	if err := s.deferMemos(ctx, leases, deferrals); err != nil {
		return false, err
	}
	return more, engine
}

// taxMemos asks the engine for one memo after the other: they are few, and one that it cannot take holds up no other. The
// error is the engine's, when it did not answer; the memos after it wait too.
func (s *Service) taxMemos(
	ctx context.Context, memos []*domain.Memo, wait time.Duration,
) (ready []*domain.Memo, deferrals []memoDeferral, engine error) {
	for _, memo := range memos {
		if !memo.Untaxed() {
			ready = append(ready, memo)
			continue
		}
		if engine != nil {
			deferrals = append(deferrals, memoDeferral{memo, reasonTaxUnavailable, wait})
			continue
		}
		err := s.taxMemo(ctx, memo)
		switch {
		case err == nil:
			ready = append(ready, memo)
		case fault.Retryable(err):
			engine = fmt.Errorf("tax engine: %w", err)
			deferrals = append(deferrals, memoDeferral{memo, reasonTaxUnavailable, wait})
		default:
			reason := fault.ReasonOf(err)
			if reason == "" {
				reason = reasonTaxFailed
			}
			deferrals = append(deferrals, s.refusedMemo(memo, reason))
		}
	}
	return ready, deferrals, engine
}

func (s *Service) taxMemo(ctx context.Context, memo *domain.Memo) error {
	call, cancel := context.WithTimeout(ctx, s.config.TaxTimeout)
	defer cancel()
	call, end := observe.Ask(call, s.tracer, "tax", []*domain.Memo{memo}, orderOfMemo)
	reply, err := s.tax.CalculateTax(call, &taxv1.CalculateTaxRequest{Documents: []*taxv1.TaxDocument{memoTaxDocument(memo)}})
	end(err)
	if err != nil {
		return err
	}
	if len(reply.GetOutcomes()) != 1 {
		return fault.New(fault.Internal, domain.ReasonTaxAnswerInvalid, "the tax engine gave %d answers", len(reply.GetOutcomes()))
	}
	if refusal := reply.GetOutcomes()[0].GetRefusal(); refusal != nil {
		return fault.New(fault.Precondition, cmp.Or(refusal.GetReason(), reasonTaxFailed), "%s", refusal.GetMessage())
	}
	return memo.SetTaxes(taxesFromProto(reply.GetOutcomes()[0]))
}

// refusedMemo waits for longer: only a change of a table, or a rate that comes, helps.
func (s *Service) refusedMemo(memo *domain.Memo, reason string) memoDeferral {
	return memoDeferral{memo, reason, s.refusalDelay(memo.Attempts + 1)}
}

// deferMemos notes why memos wait on.
func (s *Service) deferMemos(ctx context.Context, leases shard.Leases, deferrals []memoDeferral) error {
	if len(deferrals) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]memoDeferral, len(deferrals))
	for _, one := range deferrals {
		byID[one.memo.ID] = one
	}
	all := convertAll(deferrals, func(one memoDeferral) *domain.Memo { return one.memo })
	_, err := database.Tx(ctx, s.db, "defer_credit_memos", func(tx database.Transaction) (struct{}, error) {
		memos, err := stillPendingMemos(ctx, tx, leases, all)
		if err != nil || len(memos) == 0 {
			return struct{}{}, err
		}
		for _, memo := range memos {
			memo.Deferred = byID[memo.ID].reason
			memo.Attempts++
		}
		now := s.now()
		return struct{}{}, store.SaveMemoDeferrals(ctx, tx, memos, func(memo *domain.Memo) time.Time {
			return now.Add(byID[memo.ID].wait)
		})
	})
	return err
}

// issueMemoSet issues a set in one transaction, and applies it to the invoices that it credits.
func (s *Service) issueMemoSet(ctx context.Context, leases shard.Leases, set memoSet) error {
	accounts := sortedSet(convertAll(set.memos, func(memo *domain.Memo) domain.AccountID { return memo.Account }))
	leave, err := s.turns.take(ctx, accounts)
	if err != nil {
		return err
	}
	defer leave()
	_, err = database.Tx(ctx, s.db, "issue_credit_memos", func(tx database.Transaction) (struct{}, error) {
		memos, err := stillPendingMemos(ctx, tx, leases, set.memos)
		if err != nil || len(memos) == 0 {
			return struct{}{}, err
		}
		credits, err := store.LockCreditRows(ctx, tx, accounts)
		if err != nil {
			return struct{}{}, err
		}
		invoices, err := store.LockedInvoices(ctx, tx, creditedBy(memos))
		if err != nil {
			return struct{}{}, err
		}
		book, now := domain.NewBook(credits, nil, nil, nil), s.now()
		book.AddInvoices(invoices)
		if err := numberMemos(ctx, tx, book, set, memos, now); err != nil {
			return struct{}{}, err
		}
		if err := store.SaveMemos(ctx, tx, memos, now); err != nil {
			return struct{}{}, err
		}
		events, err := saveSettled(ctx, tx, book)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.saveBook(ctx, tx, book, append(events, convertAll(memos, creditMemoIssued)...)...)
	})
	return err
}

// creditedBy are the invoices that the memos credit.
func creditedBy(memos []*domain.Memo) []uuid.UUID {
	var ids []uuid.UUID
	for _, memo := range memos {
		for i := range memo.Lines {
			if memo.Lines[i].InvoicePosition != 0 {
				ids = append(ids, memo.Lines[i].Invoice)
			}
		}
	}
	return ids
}

// stillPendingMemos checks the fence and returns copies of the memos that wait yet.
func stillPendingMemos(ctx context.Context, tx database.Transaction, leases shard.Leases, memos []*domain.Memo) ([]*domain.Memo, error) {
	shards := convertAll(memos, func(memo *domain.Memo) int32 { return shard.OfUUID(memo.ID) })
	if err := leases.Only(shards...).Check(ctx, tx); err != nil {
		return nil, err
	}
	waiting, err := store.StillPendingMemos(ctx, tx, memos)
	if err != nil {
		return nil, err
	}
	still := make([]*domain.Memo, 0, len(memos))
	for _, memo := range memos {
		if waiting[memo.ID] {
			own := *memo
			still = append(still, &own)
		}
	}
	return still, nil
}

// numberMemos gives each memo the next number of its legal entity and posts it.
func numberMemos(
	ctx context.Context, tx database.Transaction, book *domain.Book, set memoSet, memos []*domain.Memo, now time.Time,
) error {
	byEntity := map[string][]*domain.Memo{}
	for _, memo := range memos {
		byEntity[memo.LegalEntity] = append(byEntity[memo.LegalEntity], memo)
	}
	for _, name := range sortedSet(convertAll(memos, func(memo *domain.Memo) string { return memo.LegalEntity })) {
		next, err := store.ReserveMemos(ctx, tx, name, len(byEntity[name]))
		if err != nil {
			return err
		}
		entity := set.entities[name]
		for _, memo := range byEntity[name] {
			err := book.IssueMemo(memo, domain.Issuing{
				Number: next, Document: entity.MemoNumber(next), Journal: id.New(), Now: now, Terms: set.rates.terms(entity, memo.Currency),
			})
			if err != nil {
				return err
			}
			next++
		}
	}
	return nil
}
