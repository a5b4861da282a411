package billing

import (
	"context"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// AuthorizePayment implements the RPC of the same name. The intents are stored before the provider is asked, its answers
// after it. Should this replica die between, the drain asks what became of them.
func (s *Service) AuthorizePayment(
	ctx context.Context, req *billingv1.AuthorizePaymentRequest,
) (*billingv1.AuthorizePaymentResponse, error) {
	wants, err := authorizationsFromProto(req.GetAuthorizations())
	if err != nil {
		return nil, err
	}
	opened, err := s.openIntents(ctx, wants)
	if err != nil {
		return nil, err
	}
	var questions []*question
	for _, intent := range opened.intents {
		if intent.Undecided() && !intent.VoidRequested {
			questions = append(questions, &question{intent: intent, ask: domain.AskAuthorize, sent: !opened.fresh[intent.Key]})
		}
	}
	failed := s.askProviders(ctx, questions)
	decided, err := s.recordAnswers(ctx, noFence, questions)
	if err != nil {
		return nil, err
	}
	reply := &billingv1.AuthorizePaymentResponse{}
	for _, want := range wants {
		intent := opened.intents[want.Key]
		if intent != nil && decided[intent.ID] != nil {
			intent = decided[intent.ID]
		}
		outcome, err := authorizationToProto(intent, opened.refused[want.Key], failed)
		if err != nil {
			return nil, err
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	return reply, nil
}

// openedIntents are the intents of a call by key: those that are made by it, those that were there, and what is refused
// before a provider is asked.
type openedIntents struct {
	intents map[string]*domain.Intent
	fresh   map[string]bool
	refused map[string]*fault.Error
}

// openIntents stores the intents that are new, for the drain too: it takes up what is not decided in time.
func (s *Service) openIntents(ctx context.Context, wants []*domain.Intent) (openedIntents, error) {
	keys := convertAll(wants, func(want *domain.Intent) string { return want.Key })
	accounts := sortedSet(convertAll(wants, func(want *domain.Intent) string { return string(want.Account) }))
	return database.Tx(ctx, s.db, "open_payment_intents", func(tx database.Transaction) (openedIntents, error) {
		opened := openedIntents{map[string]*domain.Intent{}, map[string]bool{}, map[string]*fault.Error{}}
		known, err := store.IntentsByKey(ctx, tx, keys)
		if err != nil {
			return opened, err
		}
		for _, intent := range known {
			opened.intents[intent.Key] = intent
		}
		terms, err := store.TermsOf(ctx, tx, accounts)
		if err != nil {
			return opened, err
		}
		var fresh []*domain.Intent
		for _, want := range wants {
			if opened.intents[want.Key] != nil || opened.refused[want.Key] != nil {
				continue
			}
			intent, err := s.newIntent(want, terms)
			if refusal, ok := fault.As(err); ok && refusal.Kind != fault.Unavailable {
				opened.refused[want.Key] = refusal
				continue
			}
			if err != nil {
				return opened, err
			}
			opened.intents[want.Key], opened.fresh[want.Key] = intent, true
			fresh = append(fresh, intent)
		}
		now := s.now()
		return opened, store.AddIntents(ctx, tx, fresh, now, now.Add(s.config.PaymentTakeUp))
	})
}

func (s *Service) newIntent(want *domain.Intent, accounts map[string]store.AccountTerms) (*domain.Intent, error) {
	terms, known := accounts[string(want.Account)]
	if !known {
		return nil, fault.New(fault.Unavailable, domain.ReasonAccountUnknown, "account %s is not known here yet; try again", want.Account)
	}
	if terms.Currency != want.Currency {
		return nil, fault.New(fault.Precondition, domain.ReasonCurrencyMismatch, "account %s pays in %s", want.Account, terms.Currency)
	}
	intent := *want
	intent.ID, intent.LegalEntity, intent.CreatedAt = id.New(), terms.LegalEntity, s.now()
	return domain.NewIntent(intent, money.Rate(terms.TaxRate))
}

// queueCaptures lets what issued invoices owe be captured, where their orders are paid by a provider. It is part of issuing:
// an invoice is never issued and its capture forgotten.
func (s *Service) queueCaptures(ctx context.Context, tx database.Transaction, set pendingSet, invoices []*domain.Invoice) error {
	var orders []uuid.UUID
	for _, invoice := range invoices {
		if invoice.BalanceDue() > 0 && set.orders[invoice.Order].GetPaymentMethod() != nil {
			orders = append(orders, invoice.Order)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	intents, err := store.IntentsOfOrders(ctx, tx, orders)
	if err != nil {
		return err
	}
	byOrder := map[uuid.UUID]*domain.Intent{}
	for _, intent := range intents {
		if intent.Capturable() {
			byOrder[intent.Order] = intent
		}
	}
	var captures []*domain.Operation
	var queued []uuid.UUID
	for _, invoice := range invoices {
		if intent := byOrder[invoice.Order]; intent != nil && invoice.BalanceDue() > 0 {
			captures = append(captures, &domain.Operation{ID: id.New(), Intent: intent.ID, Kind: domain.Capture, Target: invoice.ID})
			queued = append(queued, intent.ID)
		}
	}
	if len(captures) == 0 {
		return nil
	}
	if err := store.AddOperations(ctx, tx, captures); err != nil {
		return err
	}
	tx.Notify(topicPayments)
	return store.QueueIntentsAt(ctx, tx, uniqueIDs(queued), s.now())
}

// uniqueIDs takes out repeats: one statement must not meet a row twice.
func uniqueIDs(ids []uuid.UUID) []uuid.UUID {
	seen := make(map[uuid.UUID]bool, len(ids))
	var unique []uuid.UUID
	for _, one := range ids {
		if !seen[one] {
			seen[one] = true
			unique = append(unique, one)
		}
	}
	return unique
}
