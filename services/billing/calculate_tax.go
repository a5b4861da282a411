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

const (
	// maxRefusalDelay bounds the wait of an invoice that the engine refuses again and again.
	maxRefusalDelay = time.Hour
	// reasonTaxUnavailable: the engine did not answer.
	reasonTaxUnavailable = "TAX_UNAVAILABLE"
	// reasonTaxFailed: the engine answered with an error or a refusal that has no better word.
	reasonTaxFailed = "TAX_FAILED"
)

// deferral is an invoice whose tax could not be had, and why.
type deferral struct {
	invoice *domain.Invoice
	reason  string
	// refused: the engine has answered, and only a change of its table or of the order helps.
	refused bool
}

// calculate asks the engine. An error that is about the request, not about the engine, is narrowed down to the invoice
// that causes it. The error is the engine's, when it did not answer.
func (s *Service) calculate(ctx context.Context, set pendingSet) (taxed []*domain.Invoice, untaxed []deferral, err error) {
	call, cancel := context.WithTimeout(ctx, s.config.TaxTimeout)
	defer cancel()
	call, end := observe.Ask(call, s.tracer, "tax", set.invoices, func(invoice *domain.Invoice) string { return id.Format(id.Order, invoice.Order) })
	reply, err := s.tax.CalculateTax(call, &taxv1.CalculateTaxRequest{Documents: convertAll(set.invoices, taxDocument)})
	end(err)
	if err == nil && len(reply.GetOutcomes()) != len(set.invoices) {
		err = fault.New(fault.Internal, domain.ReasonTaxAnswerInvalid, "the tax engine answered for %d of %d invoices",
			len(reply.GetOutcomes()), len(set.invoices))
	}
	switch {
	case err == nil:
		taxed, untaxed = applyTaxes(set.invoices, reply)
		return taxed, untaxed, nil
	case ctx.Err() != nil:
		return nil, nil, err
	case fault.Retryable(err):
		return nil, deferAll(set.invoices, reasonTaxUnavailable), fmt.Errorf("tax engine: %w", err)
	case len(set.invoices) == 1:
		reason := fault.ReasonOf(err)
		if reason == "" {
			reason = reasonTaxFailed
		}
		s.log.ErrorContext(ctx, "the tax engine fails on an invoice", "invoice_id", set.invoices[0].ID, "error", err)
		return nil, []deferral{{set.invoices[0], reason, true}}, nil
	}
	half := len(set.invoices) / 2
	for _, part := range [][]*domain.Invoice{set.invoices[:half], set.invoices[half:]} {
		done, not, failed := s.calculate(ctx, pendingSet{invoices: part, orders: set.orders})
		taxed, untaxed = append(taxed, done...), append(untaxed, not...)
		if failed != nil {
			return taxed, untaxed, failed
		}
	}
	return taxed, untaxed, nil
}

func deferAll(invoices []*domain.Invoice, reason string) []deferral {
	all := make([]deferral, 0, len(invoices))
	for _, invoice := range invoices {
		all = append(all, deferral{invoice, reason, false})
	}
	return all
}

func applyTaxes(invoices []*domain.Invoice, reply *taxv1.CalculateTaxResponse) (taxed []*domain.Invoice, untaxed []deferral) {
	for i, outcome := range reply.GetOutcomes() {
		if refusal := outcome.GetRefusal(); refusal != nil {
			untaxed = append(untaxed, deferral{invoices[i], cmp.Or(refusal.GetReason(), reasonTaxFailed), true})
			continue
		}
		if err := invoices[i].SetTaxes(taxesFromProto(outcome)); err != nil {
			untaxed = append(untaxed, deferral{invoices[i], fault.ReasonOf(err), true})
			continue
		}
		taxed = append(taxed, invoices[i])
	}
	return taxed, untaxed
}

// deferApart notes that invoices wait on. One that cannot even be deferred is set aside.
func (s *Service) deferApart(ctx context.Context, leases shard.Leases, deferrals []deferral, wait time.Duration) error {
	all := make([]*domain.Invoice, 0, len(deferrals))
	byID := make(map[uuid.UUID]deferral, len(deferrals))
	for _, one := range deferrals {
		all = append(all, one.invoice)
		byID[one.invoice.ID] = one
	}
	found, err := apart(ctx, all, func(part []*domain.Invoice) error { return s.deferSet(ctx, leases, part, byID, wait) })
	if err != nil {
		return err
	}
	return s.setAside(ctx, leases, found)
}

// deferSet notes that invoices wait on, and tells it of those for which it is news.
func (s *Service) deferSet(
	ctx context.Context, leases shard.Leases, all []*domain.Invoice, byID map[uuid.UUID]deferral, wait time.Duration,
) error {
	accounts := accountsOf(all)
	leave, err := s.turns.take(ctx, accounts)
	if err != nil {
		return err
	}
	defer leave()
	_, err = database.Tx(ctx, s.db, "defer_invoices", func(tx database.Transaction) (struct{}, error) {
		invoices, err := stillPending(ctx, tx, leases, all)
		if err != nil || len(invoices) == 0 {
			return struct{}{}, err
		}
		credits, err := store.LockCreditRows(ctx, tx, accounts)
		if err != nil {
			return struct{}{}, err
		}
		book := domain.NewBook(credits, nil, nil, nil)
		var told []*domain.Invoice
		for _, invoice := range invoices {
			news, err := book.Defer(invoice, byID[invoice.ID].reason)
			if err != nil {
				return struct{}{}, err
			}
			if news {
				told = append(told, invoice)
			}
		}
		now := s.now()
		err = store.SaveDeferrals(ctx, tx, invoices, told, func(invoice *domain.Invoice) time.Time {
			if byID[invoice.ID].refused {
				return now.Add(s.refusalDelay(invoice.Attempts))
			}
			return now.Add(wait)
		})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.saveBook(ctx, tx, book, convertAll(told, taxDeferred)...)
	})
	return err
}
