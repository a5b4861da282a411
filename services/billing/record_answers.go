package billing

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// recordAnswers books what the providers answered, once however often they do, and returns the intents as they are then.
func (s *Service) recordAnswers(ctx context.Context, check fence, questions []*question) (map[uuid.UUID]*domain.Intent, error) {
	var answered []*question
	for _, q := range questions {
		if q.answer != nil {
			answered = append(answered, q)
		}
	}
	if len(answered) == 0 {
		return nil, nil
	}
	seen := convertAll(answered, func(q *question) *domain.Intent { return q.intent })
	terms, err := s.termsOfIntents(ctx, seen)
	if err != nil {
		return nil, err
	}
	leave, err := s.turns.take(ctx, accountsOfIntents(seen))
	if err != nil {
		return nil, err
	}
	defer leave()
	return database.Tx(ctx, s.db, "record_provider_answers", func(tx database.Transaction) (map[uuid.UUID]*domain.Intent, error) {
		r, err := s.openRecording(ctx, tx, check, answered, terms)
		if err != nil {
			return nil, err
		}
		for _, q := range answered {
			if err := r.record(ctx, q); err != nil {
				return nil, err
			}
		}
		return r.intents, r.save(ctx)
	})
}

// recording is one transaction that books answers of providers.
type recording struct {
	s       *Service
	tx      database.Transaction
	book    *domain.Book
	terms   bookTerms
	intents map[uuid.UUID]*domain.Intent

	changed    []*domain.Intent
	operations []*domain.Operation
	refunds    []store.Posting
	events     []outbox.Event
	stopped    []domain.AccountID
}

// openRecording locks the credit rows, then the intents, then the invoices that are captured.
func (s *Service) openRecording(
	ctx context.Context, tx database.Transaction, check fence, questions []*question, terms bookTerms,
) (*recording, error) {
	ids := convertAll(questions, func(q *question) uuid.UUID { return q.intent.ID })
	if err := check(ctx, tx, ids); err != nil {
		return nil, err
	}
	book, locked, err := openIntentBook(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	r := &recording{s: s, tx: tx, book: book, terms: terms, intents: make(map[uuid.UUID]*domain.Intent, len(locked))}
	for _, intent := range locked {
		r.intents[intent.ID] = intent
	}
	var invoices []uuid.UUID
	for _, q := range questions {
		if q.ask == domain.AskCapture && q.answer.Verdict == domain.Done {
			invoices = append(invoices, q.operation.Target)
		}
	}
	open, err := store.LockedInvoices(ctx, tx, invoices)
	if err != nil {
		return nil, err
	}
	book.AddInvoices(open)
	return r, nil
}

// record books one answer. What was booked meanwhile by another replica stays as it is.
func (r *recording) record(ctx context.Context, q *question) error {
	intent := r.intents[q.intent.ID]
	if q.operation == nil {
		return r.recordIntent(intent, q)
	}
	for _, operation := range intent.Operations {
		if operation.ID == q.operation.ID && operation.State == domain.OperationSent {
			return r.recordOperation(ctx, intent, operation, q.answer)
		}
	}
	return nil
}

func (r *recording) recordIntent(intent *domain.Intent, q *question) error {
	if q.ask == domain.AskVoid {
		if q.answer.Verdict != domain.Gone {
			return nil
		}
		rest, news, err := r.book.Void(intent)
		if news {
			r.tell(intent, paymentVoided(intent, rest))
		}
		return err
	}
	news, err := r.book.Authorize(intent, *q.answer)
	if news {
		r.tell(intent, intentDecided(intent))
	}
	return err
}

func (r *recording) tell(intent *domain.Intent, event outbox.Event) {
	r.changed = append(r.changed, intent)
	r.events = append(r.events, event)
}

func (r *recording) recordOperation(ctx context.Context, intent *domain.Intent, operation *domain.Operation, answer *domain.Answer) error {
	var err error
	var event outbox.Event
	switch verdict := answer.Verdict; {
	case verdict == domain.Unclear || verdict == domain.Gone:
		if !intent.Unclear(operation) {
			return nil
		}
		event = paymentUnknown(intent)
	case operation.Kind == domain.Capture && verdict == domain.Done:
		err = r.capture(ctx, intent, operation)
		event = paymentCaptured(intent, operation)
	case operation.Kind == domain.Capture:
		var stopped int64
		if stopped, err = r.book.DeclineCapture(intent, operation, answer.Code); stopped > 0 {
			r.events = append(r.events, accountStopped(intent.Account, stopped, stoppedByCapture))
			r.stopped = append(r.stopped, intent.Account)
		}
		event = paymentDeclined(intent, operation)
	case verdict == domain.Done:
		err = r.refund(ctx, intent, operation)
		event = paymentRefunded(intent, operation)
	default:
		err = r.declineRefund(ctx, intent, operation, answer.Code)
		event = paymentDeclined(intent, operation)
	}
	if err != nil {
		return err
	}
	r.operations = append(r.operations, operation)
	r.tell(intent, event)
	return nil
}

// capture books a capture as a payment of the account, under the capture's id.
func (r *recording) capture(ctx context.Context, intent *domain.Intent, operation *domain.Operation) error {
	now := r.s.now()
	payment := &domain.Payment{
		ID: operation.ID, Account: intent.Account, LegalEntity: intent.LegalEntity, Currency: intent.Currency,
		Amount: operation.Amount, ReceivedOn: now, Reference: id.Format(id.Intent, intent.ID), RecordedAt: now,
	}
	err := r.book.Capture(intent, operation, r.book.Invoice(operation.Target), payment, id.New(), r.terms.of(intent),
		r.terms.entities[intent.LegalEntity].Rounding)
	if err != nil {
		return err
	}
	r.events = append(r.events, paymentRecorded(payment))
	return store.AddPayment(ctx, r.tx, payment)
}

func (r *recording) refund(ctx context.Context, intent *domain.Intent, operation *domain.Operation) error {
	memo, err := store.LockedMemo(ctx, r.tx, operation.Memo)
	if err != nil {
		return err
	}
	journal, err := r.book.Refund(intent, operation, memo, id.New())
	if err != nil {
		return err
	}
	r.refunds = append(r.refunds, store.Posting{
		LegalEntity: intent.LegalEntity, Currency: intent.Currency, Source: store.SourceRefund, Document: operation.ID, Journal: journal,
	})
	return store.SaveRefunded(ctx, r.tx, memo)
}

func (r *recording) declineRefund(ctx context.Context, intent *domain.Intent, operation *domain.Operation, code string) error {
	memo, err := store.LockedMemo(ctx, r.tx, operation.Memo)
	if err != nil {
		return err
	}
	if err := r.book.DeclineRefund(intent, operation, memo, code); err != nil {
		return err
	}
	return store.SaveRefunded(ctx, r.tx, memo)
}

// save stores all. Intents of which nothing is left to ask leave the queue; the next question about the others is due now.
func (r *recording) save(ctx context.Context) error {
	now := r.s.now()
	if err := store.SaveIntentStates(ctx, r.tx, r.changed); err != nil {
		return err
	}
	if err := store.SaveOperationStates(ctx, r.tx, r.operations, now); err != nil {
		return err
	}
	if err := store.SaveJournals(ctx, r.tx, r.refunds, now); err != nil {
		return err
	}
	var done, next []uuid.UUID
	for _, intent := range r.intents {
		switch ask, _ := intent.Next(); {
		case ask == domain.AskNothing:
			done = append(done, intent.ID)
		case !intent.Undecided():
			next = append(next, intent.ID)
		}
	}
	if err := store.UnqueueIntentsDone(ctx, r.tx, done); err != nil {
		return err
	}
	if err := store.QueueIntentsAt(ctx, r.tx, next, now); err != nil {
		return err
	}
	if len(next) > 0 {
		r.tx.Notify(topicPayments)
	}
	if err := r.s.blockOrders(ctx, r.tx, r.book, r.book.CreditsOf(r.stopped)); err != nil {
		return err
	}
	return r.s.saveCash(ctx, r.tx, r.book, r.events...)
}
