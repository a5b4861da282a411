package billing

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// RecordPayment implements the RPC of the same name. Accounts belong to no partner, so a partner finds none.
func (s *Service) RecordPayment(ctx context.Context, req *billingv1.RecordPaymentRequest) (*billingv1.RecordPaymentResponse, error) {
	wants, err := allocationsFromProto(req.GetAllocations())
	if err != nil {
		return nil, err
	}
	now := s.now()
	received, err := dayFromProto(req.GetReceivedOn(), "received_on", now)
	if err != nil {
		return nil, err
	}
	credit, err := s.creditFor(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	entities, rates, err := s.loadTerms(ctx, []string{credit.LegalEntity}, func(add func(entity, currency string)) {
		add(credit.LegalEntity, credit.Currency)
	})
	if err != nil {
		return nil, err
	}
	entity := entities[credit.LegalEntity]
	terms := rates.terms(entity, credit.Currency)
	if terms.Rate == 0 {
		return nil, fault.New(fault.Precondition, domain.ReasonRateUnknown, "no exchange rate from %s to %s is known", credit.Currency, terms.Currency)
	}
	key := requestKey(rpc.IdentityFrom(ctx), "record_payment", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.RecordPaymentResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.RecordPaymentResponse, error) {
			book, invoices, err := openForCash(ctx, tx, credit.Account, credit.LegalEntity, wants)
			if err != nil {
				return nil, err
			}
			payment := &domain.Payment{
				ID: id.New(), Account: credit.Account, LegalEntity: credit.LegalEntity, Currency: req.GetCurrencyCode(),
				Amount: req.GetAmountMinor(), ReceivedOn: received, Reference: req.GetReference(), RecordedAt: now,
			}
			if err := book.RecordPayment(payment, id.New(), terms, entity.Rounding); err != nil {
				return nil, err
			}
			if err := applyAll(book, payment, invoices, wants); err != nil {
				return nil, err
			}
			if err := store.AddPayment(ctx, tx, payment); err != nil {
				return nil, err
			}
			if err := s.saveCash(ctx, tx, book, paymentRecorded(payment)); err != nil {
				return nil, err
			}
			return &billingv1.RecordPaymentResponse{Payment: paymentToProto(payment)}, nil
		})
	})
}

// creditFor loads the credit of an account, which no partner has.
func (s *Service) creditFor(ctx context.Context, account string) (*domain.Credit, error) {
	notFound := fault.New(fault.NotFound, "ACCOUNT_NOT_FOUND", "there is no account %q", account)
	if rpc.IdentityFrom(ctx).Partner != "" {
		return nil, notFound
	}
	credit, err := store.CreditOf(ctx, s.db.Pool(), account)
	if err != nil {
		return nil, err
	}
	if credit == nil {
		return nil, notFound
	}
	return credit, nil
}

// openForCash locks the credit row of an account, then the invoices that are to be settled. The invoices come back in the
// order of the wants, nil where there is none.
func openForCash(
	ctx context.Context, tx database.Transaction, account domain.AccountID, entity string, wants []allocation,
) (*domain.Book, []*domain.Invoice, error) {
	credits, err := store.LockCreditRows(ctx, tx, []domain.AccountID{account})
	if err != nil {
		return nil, nil, err
	}
	var numbers []int64
	for _, want := range wants {
		if want.number != "" {
			numbers = append(numbers, numberAtEnd(want.number))
		}
	}
	var numbered map[string]uuid.UUID
	if len(numbers) > 0 {
		if numbered, err = store.NumberedInvoices(ctx, tx, entity, numbers); err != nil {
			return nil, nil, err
		}
	}
	ids := convertAll(wants, func(want allocation) uuid.UUID {
		if want.number != "" {
			return numbered[want.number]
		}
		return want.invoice
	})
	locked, err := store.LockedInvoices(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	book := domain.NewBook(credits, nil, nil, nil)
	book.AddInvoices(locked)
	return book, convertAll(ids, book.Invoice), nil
}

// applyAll settles all invoices, or fails; the fault names the allocation.
func applyAll(book *domain.Book, payment *domain.Payment, invoices []*domain.Invoice, wants []allocation) error {
	for i, want := range wants {
		var err error
		if invoices[i] == nil {
			err = fault.New(fault.NotFound, "INVOICE_NOT_FOUND", "there is no such invoice")
		} else {
			err = book.ApplyCash(payment, invoices[i], want.amount)
		}
		if refusal, ok := fault.As(err); ok {
			return refusal.WithField(fmt.Sprintf("allocations[%d]", i), refusal.Reason, refusal.Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// saveCash stores what the book says is settled now, and tells it.
func (s *Service) saveCash(ctx context.Context, tx database.Transaction, book *domain.Book, events ...outbox.Event) error {
	settled, err := saveSettled(ctx, tx, book)
	if err != nil {
		return err
	}
	return s.saveBook(ctx, tx, book, append(events, settled...)...)
}
