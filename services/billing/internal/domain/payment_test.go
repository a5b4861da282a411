package domain_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// ledgers folds journals, and sees that each balances in both currencies.
type ledgers struct{ document, base map[domain.Ledger]money.Minor }

func newLedgers() ledgers {
	return ledgers{document: map[domain.Ledger]money.Minor{}, base: map[domain.Ledger]money.Minor{}}
}

func (l ledgers) post(t *rapid.T, journal *domain.Journal) {
	var document, base money.Minor
	for _, entry := range journal.Entries {
		document += entry.Debit - entry.Credit
		base += entry.BaseDebit - entry.BaseCredit
		l.document[entry.Ledger] += entry.Debit - entry.Credit
		l.base[entry.Ledger] += entry.BaseDebit - entry.BaseCredit
	}
	if document != 0 || base != 0 {
		t.Fatalf("a journal is out of balance by %d, in the base currency by %d", document, base)
	}
}

// Whatever is paid, applied, taken off, credited and given up, in any order: every journal balances, the receivables of the
// ledger are those of the credit row, in the base currency what is left of the documents whatever their rates, and of no
// invoice is settled more than its total.
func TestJournalsBalanceOverAnySequenceOfSettlements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, invoice, account := drawIssued(t)
		general := newLedgers()
		general.post(t, invoice.Journal)
		var payments []*domain.Payment
		var memos []*domain.Memo
		exchanged := 0
		drawTerms := func(t *rapid.T) domain.BaseTerms {
			return domain.BaseTerms{Currency: "EUR", Rate: money.ExchangeRate(rapid.Int64Range(1, 20_000_000_000).Draw(t, "rate"))}
		}
		refused := func(err error) bool {
			if _, ok := fault.As(err); err != nil && !ok {
				t.Fatal(err)
			}
			return err != nil
		}
		steps := map[string]func(*rapid.T){
			"pay": func(t *rapid.T) {
				payment := &domain.Payment{
					ID: uuid.New(), Account: invoice.Account, LegalEntity: invoice.LegalEntity, Currency: invoice.Currency,
					Amount: rapid.Int64Range(1, 50_000).Draw(t, "paid"),
				}
				if err := book.RecordPayment(payment, uuid.New(), drawTerms(t), invoice.Rounding); err != nil {
					t.Fatal(err)
				}
				general.post(t, payment.Journal)
				payments = append(payments, payment)
			},
			"apply": func(t *rapid.T) {
				if len(payments) > 0 {
					refused(book.ApplyCash(rapid.SampledFrom(payments).Draw(t, "payment"), invoice, rapid.Int64Range(0, 30_000).Draw(t, "applied")))
				}
			},
			"take off": func(t *rapid.T) {
				if len(payments) > 0 {
					refused(book.UnapplyCash(rapid.SampledFrom(payments).Draw(t, "payment"), invoice, rapid.Int64Range(0, 30_000).Draw(t, "taken off")))
				}
			},
			"credit": func(t *rapid.T) {
				memo := memoOn(invoice)
				want := domain.CreditWant{Invoice: invoice.ID, Position: 1, Amount: rapid.Int64Range(1, 5000).Draw(t, "credited")}
				if added, err := book.Credit(memo, want); refused(err) || !added {
					return
				}
				if err := book.IssueMemo(memo, domain.Issuing{Number: 1, Journal: uuid.New(), Terms: drawTerms(t)}); err != nil {
					t.Fatal(err)
				}
				general.post(t, memo.Journal)
				memos = append(memos, memo)
			},
			"write off": func(t *rapid.T) {
				off := &domain.WriteOff{ID: uuid.New(), Invoice: invoice, Amount: rapid.Int64Range(0, 5000).Draw(t, "given up")}
				if !refused(book.WriteOffInvoice(off, uuid.New(), invoice.Rounding)) {
					general.post(t, off.Journal)
				}
			},
			"": func(t *rapid.T) {
				for ; exchanged < len(book.Exchanged()); exchanged++ {
					general.post(t, book.Exchanged()[exchanged].Journal)
				}
				left := invoice.Worth().Rest(invoice.Settled())
				if invoice.BalanceDue() == 0 && left != 0 {
					t.Fatalf("a settled invoice leaves %d in the base currency", left)
				}
				for _, payment := range payments {
					left -= payment.Worth().Rest(payment.Applied)
				}
				for _, memo := range memos {
					left -= memo.Worth().Rest(memo.Applied)
				}
				if got := general.base[domain.Receivable]; got != left {
					t.Fatalf("the ledger says %d is receivable in the base currency, %d is left of the documents", got, left)
				}
				if got := -general.base[domain.ExchangeDifferences]; got != invoice.ExchangeGain || general.document[domain.ExchangeDifferences] != 0 {
					t.Fatalf("a gain of %d is posted, the invoice says %d", got, invoice.ExchangeGain)
				}
				if got, want := general.document[domain.Receivable], account.Receivable-account.OpenCredit-account.UnappliedCash; got != want {
					t.Fatalf("the ledger says %d is receivable, the credit row %d", got, want)
				}
				var applied, cash money.Minor
				for _, payment := range payments {
					applied += payment.Applied
					cash += payment.Unapplied()
				}
				if invoice.BalanceDue() < 0 || invoice.BalanceDue() != account.Receivable || applied != invoice.Cash || cash != account.UnappliedCash {
					t.Fatalf("owed %d of receivable %d, cash %d of %d, unapplied %d of %d", invoice.BalanceDue(), account.Receivable,
						invoice.Cash, applied, account.UnappliedCash, cash)
				}
				if (invoice.SettledBy != "") != (invoice.BalanceDue() == 0) {
					t.Fatalf("settled by %q, %d owed", invoice.SettledBy, invoice.BalanceDue())
				}
			},
		}
		t.Repeat(steps)
	})
}
