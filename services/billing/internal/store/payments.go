package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// AddPayment stores a payment with its journal and with what it settles.
func AddPayment(ctx context.Context, tx database.Transaction, payment *domain.Payment) error {
	q := New(tx)
	err := q.InsertPayment(ctx, InsertPaymentParams{
		PaymentID: payment.ID, AccountID: string(payment.Account), LegalEntity: payment.LegalEntity, CurrencyCode: payment.Currency,
		AmountMinor: payment.Amount, AppliedMinor: payment.Applied, ReceivedOn: payment.ReceivedOn, Reference: payment.Reference,
		ExchangeRate: payment.Rate.String(), BaseCurrencyCode: payment.BaseCurrency, BaseMinor: payment.Base, JournalID: payment.Journal.ID, RecordedAt: payment.RecordedAt,
	})
	if err != nil {
		return fmt.Errorf("insert payment: %w", err)
	}
	err = SaveJournals(ctx, tx, []Posting{{
		LegalEntity: payment.LegalEntity, Currency: payment.Currency, Source: SourcePayment, Document: payment.ID, Journal: payment.Journal,
	}}, payment.RecordedAt)
	if err != nil {
		return err
	}
	return q.saveCashApplications(ctx, payment)
}

// SaveCashApplied stores what of a known payment settles which invoices now.
func SaveCashApplied(ctx context.Context, tx database.Transaction, payment *domain.Payment) error {
	q := New(tx)
	if err := q.SavePaymentApplied(ctx, SavePaymentAppliedParams{Applied: payment.Applied, PaymentID: payment.ID}); err != nil {
		return fmt.Errorf("save what of a payment is applied: %w", err)
	}
	return q.saveCashApplications(ctx, payment)
}

func (q *Queries) saveCashApplications(ctx context.Context, payment *domain.Payment) error {
	if len(payment.Applications) == 0 {
		return nil
	}
	set := SaveCashApplicationsParams{PaymentID: payment.ID}
	for _, application := range payment.Applications {
		set.InvoiceIds = append(set.InvoiceIds, application.Invoice)
		set.Amounts = append(set.Amounts, application.Amount)
	}
	if err := q.SaveCashApplications(ctx, set); err != nil {
		return fmt.Errorf("save what a payment settles: %w", err)
	}
	return nil
}

// LockedPayment loads a payment and locks it until the transaction ends; nil when there is none.
func LockedPayment(ctx context.Context, tx database.Transaction, id uuid.UUID) (*domain.Payment, error) {
	rows, err := New(tx).LockPayment(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("lock payment: %w", err)
	}
	return onePayment(ctx, tx, rows)
}

// PaymentByID loads a payment; nil when there is none.
func PaymentByID(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Payment, error) {
	rows, err := New(db).FindPayments(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return onePayment(ctx, db, rows)
}

func onePayment(ctx context.Context, db DBTX, rows []Payment) (*domain.Payment, error) {
	payments, err := wholePayments(ctx, db, rows)
	if err != nil || len(payments) == 0 {
		return nil, err
	}
	return payments[0], nil
}

// PaymentsBefore loads at most limit payments that are older than the given one, the newest first. An empty account does
// not restrict.
func PaymentsBefore(
	ctx context.Context, db DBTX, account string, unappliedOnly bool, before uuid.UUID, limit int,
) ([]*domain.Payment, error) {
	rows, err := New(db).ListPayments(ctx, ListPaymentsParams{
		AccountID: account, UnappliedOnly: unappliedOnly, Before: before, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return wholePayments(ctx, db, rows)
}

func wholePayments(ctx context.Context, db DBTX, rows []Payment) ([]*domain.Payment, error) {
	payments := make([]*domain.Payment, 0, len(rows))
	byID := make(map[uuid.UUID]*domain.Payment, len(rows))
	ids := make([]uuid.UUID, 0, len(rows))
	for _, row := range rows {
		rate, err := money.ParseExchangeRate(row.ExchangeRate)
		if err != nil {
			return nil, fmt.Errorf("payment %s: %w", row.PaymentID, err)
		}
		payment := &domain.Payment{
			ID: row.PaymentID, Account: domain.AccountID(row.AccountID), LegalEntity: row.LegalEntity, Currency: row.CurrencyCode,
			Amount: row.AmountMinor, Applied: row.AppliedMinor, ReceivedOn: row.ReceivedOn, Reference: row.Reference, Rate: rate,
			BaseCurrency: row.BaseCurrencyCode, Base: row.BaseMinor,
			RecordedAt: row.RecordedAt, Journal: &domain.Journal{ID: row.JournalID},
		}
		payments, ids = append(payments, payment), append(ids, payment.ID)
		byID[payment.ID] = payment
	}
	applications, err := New(db).FindCashApplications(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, row := range applications {
		payment := byID[row.PaymentID]
		payment.Applications = append(payment.Applications, domain.Application{Invoice: row.InvoiceID, Amount: row.AmountMinor})
	}
	return payments, nil
}

// NumberedInvoices finds invoices of a legal entity by what stands on the paper; numbers are the digits at its end.
func NumberedInvoices(ctx context.Context, db DBTX, legalEntity string, numbers []int64) (map[string]uuid.UUID, error) {
	rows, err := New(db).FindNumberedInvoices(ctx, FindNumberedInvoicesParams{LegalEntity: legalEntity, Numbers: numbers})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make(map[string]uuid.UUID, len(rows))
	for _, row := range rows {
		found[row.DocumentNumber] = row.InvoiceID
	}
	return found, nil
}

// AddWriteOff stores what of an invoice was given up, with its journal.
func AddWriteOff(ctx context.Context, tx database.Transaction, off *domain.WriteOff, now time.Time) error {
	err := New(tx).InsertWriteOff(ctx, InsertWriteOffParams{
		WriteOffID: off.ID, InvoiceID: off.Invoice.ID, AmountMinor: off.Amount, Reason: off.Reason, JournalID: off.Journal.ID,
		WrittenOffAt: now,
	})
	if err != nil {
		return fmt.Errorf("insert write-off: %w", err)
	}
	return SaveJournals(ctx, tx, []Posting{{
		LegalEntity: off.Invoice.LegalEntity, Currency: off.Invoice.Currency, Source: SourceWriteOff, Document: off.ID, Journal: off.Journal,
	}}, now)
}

// WriteOffByJournal finds the write-off that a journal posts; nil: it posts none.
func WriteOffByJournal(ctx context.Context, db DBTX, journal uuid.UUID) (*FindWriteOffRow, error) {
	rows, err := New(db).FindWriteOff(ctx, journal)
	if err != nil || len(rows) == 0 {
		return nil, database.Fault(ctx, err)
	}
	return &rows[0], nil
}

// SaveDisputed stores whether an invoice is disputed, and why.
func SaveDisputed(ctx context.Context, tx database.Transaction, invoice *domain.Invoice) error {
	err := New(tx).SaveDispute(ctx, SaveDisputeParams{
		Disputed: invoice.Disputed, DisputeReason: invoice.DisputeReason, EventSequence: invoice.EventSequence, InvoiceID: invoice.ID,
	})
	if err != nil {
		return fmt.Errorf("save dispute: %w", err)
	}
	return nil
}

// FillOldestDue sets the oldest due date of those accounts whose terms ask for it, as it is on a day.
func FillOldestDue(ctx context.Context, db DBTX, credits []*domain.Credit, today time.Time) error {
	byAccount := map[string]*domain.Credit{}
	var accounts []string
	for _, credit := range credits {
		credit.OldestDue = time.Time{}
		if credit.MaxDaysPastDue > 0 && credit.Receivable > 0 {
			credit.Today = today
			byAccount[string(credit.Account)] = credit
			accounts = append(accounts, string(credit.Account))
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	rows, err := New(db).FindOldestDue(ctx, FindOldestDueParams{AccountIds: accounts, Day: &today})
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range rows {
		if row.DueDate != nil {
			byAccount[row.AccountID].OldestDue = *row.DueDate
		}
	}
	return nil
}

// NewlyOverdue finds at most limit invoices that are past due on a day, and of which that was not told.
func NewlyOverdue(ctx context.Context, db DBTX, today time.Time, limit int) ([]uuid.UUID, error) {
	ids, err := New(db).FindNewlyOverdue(ctx, FindNewlyOverdueParams{Day: &today, PerAccount: int32(limit), PageLimit: int32(limit)})
	return ids, database.Fault(ctx, err)
}

// SaveOverdueTold stores that it is told of invoices that they are past due.
func SaveOverdueTold(ctx context.Context, tx database.Transaction, invoices []*domain.Invoice) error {
	var set SaveOverdueParams
	for _, invoice := range invoices {
		set.InvoiceIds = append(set.InvoiceIds, invoice.ID)
		set.EventSequences = append(set.EventSequences, invoice.EventSequence)
	}
	if err := New(tx).SaveOverdue(ctx, set); err != nil {
		return fmt.Errorf("save what is overdue: %w", err)
	}
	return nil
}

// Owed is what of an account is owed since a day.
type Owed struct {
	DueDate  time.Time
	Disputed bool
	Invoices int64
	Balance  money.Minor
}

// OpenByAge adds up what of an account is owed by the day on which it was due.
func OpenByAge(ctx context.Context, db DBTX, account string) ([]Owed, error) {
	rows, err := New(db).FindOpenByAge(ctx, account)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	owed := make([]Owed, 0, len(rows))
	for _, row := range rows {
		owed = append(owed, Owed{DueDate: *row.DueDate, Disputed: row.Disputed, Invoices: row.Invoices, Balance: row.Balance})
	}
	return owed, nil
}
