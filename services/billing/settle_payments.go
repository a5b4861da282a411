package billing

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

const (
	// topicPayments wakes the settling of payments.
	topicPayments = "payment_intent_pending"
	// invoicingDelay is how long giving up a payment waits for an invoice of its order that is not issued yet.
	invoicingDelay = time.Second
)

// settlePayments drains the queue of payment intents: captures, refunds and voids, and authorisations whose caller or
// replica is gone. What is sent is stored before the provider is asked, its answers after it.
func (s *Service) settlePayments(ctx context.Context) error {
	return s.drain(ctx, "payments", topicPayments, s.settleDue)
}

// settleDue does the next step of each due intent of the owned shards, of one set. More says that others are due, or the
// same again.
func (s *Service) settleDue(ctx context.Context, leases shard.Leases, _ time.Duration) (more bool, err error) {
	ids, attempts, err := store.IntentsDue(ctx, s.db.Pool(), leases.Shards(), s.now(), maxAsked)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	seen, err := store.Intents(ctx, s.db.Pool(), ids)
	if err != nil {
		return false, err
	}
	terms, err := s.termsOfIntents(ctx, seen)
	if err != nil {
		return false, err
	}
	questions, err := s.sendOperations(ctx, fencedBy(leases), ids, attempts, terms)
	if err != nil {
		return false, err
	}
	failed := s.askProviders(ctx, questions)
	spoilt, err := apart(ctx, questions, func(part []*question) error {
		_, err := s.recordAnswers(ctx, fencedBy(leases), part)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, one := range spoilt {
		s.log.ErrorContext(ctx, "what a provider did cannot be booked", "payment_intent_id", one.document.intent.ID, "error", one.err)
		one.document.answer = nil
	}
	if err := s.deferUnanswered(ctx, fencedBy(leases), questions, attempts); err != nil {
		return false, err
	}
	return failed == nil && len(questions) > 0, failed
}

// fence refuses to go on in a transaction where the shards of the intents are not owned any more.
type fence func(ctx context.Context, tx database.Transaction, ids []uuid.UUID) error

func noFence(context.Context, database.Transaction, []uuid.UUID) error { return nil }

func fencedBy(leases shard.Leases) fence {
	return func(ctx context.Context, tx database.Transaction, ids []uuid.UUID) error {
		shards := make([]int32, 0, len(ids))
		for _, one := range ids {
			shards = append(shards, shard.OfUUID(one))
		}
		return leases.Only(shards...).Check(ctx, tx)
	}
}

// bookTerms are the terms in which payments are booked, by legal entity and currency.
type bookTerms struct {
	entities map[string]domain.LegalEntity
	rates    ratesByCurrency
}

func (t bookTerms) of(intent *domain.Intent) domain.BaseTerms {
	return t.rates.terms(t.entities[intent.LegalEntity], intent.Currency)
}

func (s *Service) termsOfIntents(ctx context.Context, intents []*domain.Intent) (bookTerms, error) {
	names := convertAll(intents, func(intent *domain.Intent) string { return intent.LegalEntity })
	entities, rates, err := s.loadTerms(ctx, names, func(add func(entity, currency string)) {
		for _, intent := range intents {
			add(intent.LegalEntity, intent.Currency)
		}
	})
	return bookTerms{entities, rates}, err
}

// sendOperations decides what the providers are to be asked, and stores what is sent before it is. What cannot be booked for
// want of an exchange rate is not sent; nothing is given up while an invoice of the order waits to be issued, because its
// capture comes with it.
func (s *Service) sendOperations(
	ctx context.Context, check fence, ids []uuid.UUID, attempts map[uuid.UUID]int64, terms bookTerms,
) ([]*question, error) {
	return database.Tx(ctx, s.db, "send_payment_operations", func(tx database.Transaction) ([]*question, error) {
		if err := check(ctx, tx, ids); err != nil {
			return nil, err
		}
		intents, err := store.LockedIntents(ctx, tx, ids)
		if err != nil {
			return nil, err
		}
		book, invoicing, err := s.readForSending(ctx, tx, intents)
		if err != nil {
			return nil, err
		}
		var questions []*question
		var sent []*domain.Operation
		var done, late []uuid.UUID
		for _, intent := range intents {
			q, changed := nextQuestion(book, intent)
			switch {
			case q == nil:
				done = append(done, intent.ID)
			case q.ask == domain.AskVoid && invoicing[intent.Order], q.ask == domain.AskCapture && terms.of(intent).Rate == 0:
				late = append(late, intent.ID)
				continue
			default:
				questions = append(questions, q)
			}
			sent = append(sent, changed...)
		}
		if err := store.SaveOperationStates(ctx, tx, sent, s.now()); err != nil {
			return nil, err
		}
		if err := store.UnqueueIntentsDone(ctx, tx, done); err != nil {
			return nil, err
		}
		return questions, s.deferIntents(ctx, tx, late, attempts, invoicingDelay)
	})
}

// readForSending loads the invoices of waiting captures, and tells of which orders others wait to be issued.
func (s *Service) readForSending(ctx context.Context, tx database.Transaction, intents []*domain.Intent) (*domain.Book, map[uuid.UUID]bool, error) {
	var invoices, orders []uuid.UUID
	for _, intent := range intents {
		if intent.VoidRequested {
			orders = append(orders, intent.Order)
		}
		for _, operation := range intent.Operations {
			if operation.Kind == domain.Capture && operation.State == domain.OperationWaiting {
				invoices = append(invoices, operation.Target)
			}
		}
	}
	locked, err := store.LockedInvoices(ctx, tx, invoices)
	if err != nil {
		return nil, nil, err
	}
	book := domain.NewBook(nil, nil, nil, nil)
	book.AddInvoices(locked)
	invoicing, err := store.BeingInvoiced(ctx, tx, orders)
	return book, invoicing, err
}

// nextQuestion is the next one about an intent, nil when there is none, with the operations that are sent or dropped by it.
func nextQuestion(book *domain.Book, intent *domain.Intent) (*question, []*domain.Operation) {
	var changed []*domain.Operation
	for {
		ask, operation := intent.Next()
		if ask == domain.AskNothing {
			return nil, changed
		}
		q := &question{intent: intent, operation: operation, ask: ask, sent: operation == nil || operation.State == domain.OperationSent}
		if q.sent {
			return q, changed
		}
		changed = append(changed, operation)
		if ask == domain.AskCapture {
			intent.SendCapture(operation, book.Invoice(operation.Target))
		} else {
			operation.State = domain.OperationSent
		}
		if operation.State == domain.OperationSent {
			return q, changed
		}
	}
}

// deferUnanswered puts off what the providers did not answer, or answered that they do not know.
func (s *Service) deferUnanswered(ctx context.Context, check fence, questions []*question, attempts map[uuid.UUID]int64) error {
	var late []uuid.UUID
	for _, q := range questions {
		if !q.settled() {
			late = append(late, q.intent.ID)
		}
	}
	if len(late) == 0 {
		return nil
	}
	_, err := database.Tx(ctx, s.db, "defer_payments", func(tx database.Transaction) (struct{}, error) {
		if err := check(ctx, tx, late); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.deferIntents(ctx, tx, late, attempts, 0)
	})
	return err
}

// deferIntents puts intents off by at least a time, the longer the more often they were.
func (s *Service) deferIntents(
	ctx context.Context, tx database.Transaction, ids []uuid.UUID, attempts map[uuid.UUID]int64, atLeast time.Duration,
) error {
	var counts []int64
	var until []time.Time
	for _, one := range ids {
		counts = append(counts, attempts[one]+1)
		until = append(until, s.now().Add(max(atLeast, s.retryDelay(int(attempts[one])+1))))
	}
	return store.DeferIntentsUntil(ctx, tx, ids, counts, until)
}
