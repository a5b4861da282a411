package billing

import (
	"context"
	"time"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// maxIssueLines bounds the lines of a set of invoices.
const maxIssueLines = 20_000

// issueInvoices drains the queue of pending invoices: a set is taxed, outside of any transaction, and issued in one.
func (s *Service) issueInvoices(ctx context.Context) error {
	return s.drain(ctx, "invoices", topicPending, s.issueDue)
}

// pendingSet is a set of invoices on its way, with the priced orders that they are made from.
type pendingSet struct {
	invoices []*domain.Invoice
	orders   map[uuid.UUID]*orderv1.PricedOrder
	// entities are the companies that issue them, rates the terms in which they keep their books, by company and currency.
	entities map[string]domain.LegalEntity
	rates    ratesByCurrency
}

// issueDue issues what is due of the owned shards, one set. More says that others are due. When the engine fails, the set
// waits for at least the given time, and others are tried before it.
func (s *Service) issueDue(ctx context.Context, leases shard.Leases, wait time.Duration) (more bool, err error) {
	invoices, more, err := store.DueInvoices(ctx, s.db.Pool(), leases.Shards(), s.now(), s.config.IssueBatch, maxIssueLines)
	if err != nil || len(invoices) == 0 {
		return false, err
	}
	set := pendingSet{invoices: invoices}
	if err := s.fillSet(ctx, &set); err != nil {
		return false, err
	}
	s.metrics.expect(invoices)
	taxed, untaxed, engine := s.calculate(ctx, set)
	taxed, unrated, err := s.findTerms(ctx, &set, taxed)
	if err != nil {
		return false, err
	}
	untaxed = append(untaxed, unrated...)
	unissued, err := apart(ctx, taxed, func(part []*domain.Invoice) error {
		of := set
		of.invoices = part
		return s.issueSet(ctx, leases, of)
	})
	if err != nil {
		return false, err
	}
	for _, one := range unissued {
		s.log.ErrorContext(ctx, "an invoice cannot be issued", "invoice_id", one.document.ID, "error", one.err)
		untaxed = append(untaxed, deferral{one.document, reasonIssueFailed, true})
	}
	if err := s.deferApart(ctx, leases, untaxed, wait); err != nil {
		return false, err
	}
	return more, engine
}

// fillSet loads the lines and what the orders say of them.
func (s *Service) fillSet(ctx context.Context, set *pendingSet) error {
	if err := store.FillLines(ctx, s.db.Pool(), set.invoices); err != nil {
		return err
	}
	var err error
	set.orders, err = s.pricedOrders(ctx, set.invoices)
	if err != nil {
		return err
	}
	for _, invoice := range set.invoices {
		if err := completeInvoice(invoice, set.orders[invoice.Order]); err != nil {
			return err
		}
	}
	return nil
}

// pricedOrders loads the snapshots of the invoices' orders.
func (s *Service) pricedOrders(ctx context.Context, invoices []*domain.Invoice) (map[uuid.UUID]*orderv1.PricedOrder, error) {
	snapshots, err := store.Snapshots(ctx, s.db.Pool(), orderIDs(invoices))
	if err != nil {
		return nil, err
	}
	orders := make(map[uuid.UUID]*orderv1.PricedOrder, len(snapshots))
	for order, snapshot := range snapshots {
		if orders[order], err = decodeSnapshot(snapshot); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// issueSet issues a set whose taxes are known. What another replica has issued meanwhile is left out.
func (s *Service) issueSet(ctx context.Context, leases shard.Leases, set pendingSet) error {
	accounts := accountsOf(set.invoices)
	leave, err := s.turns.take(ctx, accounts)
	if err != nil {
		return err
	}
	defer leave()
	_, err = database.Tx(ctx, s.db, "issue_invoices", func(tx database.Transaction) (struct{}, error) {
		invoices, err := stillPending(ctx, tx, leases, set.invoices)
		if err != nil || len(invoices) == 0 {
			return struct{}{}, err
		}
		credits, err := store.LockCreditRows(ctx, tx, accounts)
		if err != nil {
			return struct{}{}, err
		}
		book, now := domain.NewBook(credits, nil, nil, nil), s.now()
		if err := number(ctx, tx, book, set, invoices, now); err != nil {
			return struct{}{}, err
		}
		if err := store.SaveInvoices(ctx, tx, invoices, now); err != nil {
			return struct{}{}, err
		}
		if err := s.queueCaptures(ctx, tx, set, invoices); err != nil {
			return struct{}{}, err
		}
		events := make([]outbox.Event, 0, 2*len(invoices))
		for _, invoice := range invoices {
			issued := invoiceIssued(invoice, set.orders[invoice.Order])
			if !invoice.JustSettled() {
				events = append(events, issued)
				continue
			}
			issued.Sequence-- // settled as it was issued: an invoice of nothing
			events = append(events, issued, invoicePaid(invoice))
		}
		return struct{}{}, s.saveBook(ctx, tx, book, events...)
	})
	return err
}

func accountsOf(invoices []*domain.Invoice) []domain.AccountID {
	accounts := make([]domain.AccountID, 0, len(invoices))
	for _, invoice := range invoices {
		accounts = append(accounts, invoice.Account)
	}
	return sortedSet(accounts)
}

// stillPending checks the fence and returns copies of the invoices that wait yet: the closure of a transaction may run
// again.
func stillPending(ctx context.Context, tx database.Transaction, leases shard.Leases, invoices []*domain.Invoice) ([]*domain.Invoice, error) {
	shards := make([]int32, 0, len(invoices))
	for _, invoice := range invoices {
		shards = append(shards, shard.OfUUID(invoice.ID))
	}
	if err := leases.Only(shards...).Check(ctx, tx); err != nil {
		return nil, err
	}
	waiting, err := store.StillPending(ctx, tx, invoices)
	if err != nil {
		return nil, err
	}
	still := make([]*domain.Invoice, 0, len(invoices))
	for _, invoice := range invoices {
		if waiting[invoice.ID] {
			own := *invoice
			still = append(still, &own)
		}
	}
	return still, nil
}

// number gives each invoice the next number of its legal entity and posts it.
func number(
	ctx context.Context, tx database.Transaction, book *domain.Book, set pendingSet, invoices []*domain.Invoice, now time.Time,
) error {
	var entities []string
	byEntity := map[string][]*domain.Invoice{}
	for _, invoice := range invoices {
		if byEntity[invoice.LegalEntity] == nil {
			entities = append(entities, invoice.LegalEntity)
		}
		byEntity[invoice.LegalEntity] = append(byEntity[invoice.LegalEntity], invoice)
	}
	for _, name := range sortedSet(entities) {
		next, err := store.Reserve(ctx, tx, name, len(byEntity[name]))
		if err != nil {
			return err
		}
		entity := set.entities[name]
		for _, invoice := range byEntity[name] {
			err := book.Issue(invoice, domain.Issuing{
				Number: next, Document: entity.InvoiceNumber(next), Journal: id.New(), Now: now,
				Terms: set.rates.terms(entity, invoice.Currency),
			})
			if err != nil {
				return err
			}
			next++
		}
	}
	return nil
}
