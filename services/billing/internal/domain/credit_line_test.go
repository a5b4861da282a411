package domain_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// drawIssued makes a book with one issued invoice of a whole order, whose lines have two taxes each.
func drawIssued(t *rapid.T) (*domain.Book, *domain.Invoice, *domain.Credit) {
	order := drawCharged(t)
	account := credit(order, 0)
	book := domain.NewBook([]*domain.Credit{account}, nil, nil, nil)
	mustClaim(t, book, domain.ClaimWant{Key: "k", ID: uuid.New(), Order: order})
	shipment := domain.Shipment{ID: uuid.New(), Order: order.ID}
	for _, line := range order.Lines {
		shipment.Lines = append(shipment.Lines, domain.ShippedLine{ID: "x", Line: line.Number, Quantity: line.Quantity, Scale: line.Scale})
	}
	invoice, err := book.Ship(shipment, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	issue(t, book, invoice, 1)
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		half := line.Tax / 3
		line.Taxes = []domain.Tax{{Jurisdiction: "X", Amount: half}, {Jurisdiction: "Y", Amount: line.Tax - half}}
	}
	book.AddInvoices([]*domain.Invoice{invoice})
	return book, invoice, account
}

func memoOn(invoice *domain.Invoice) *domain.Memo {
	return &domain.Memo{
		ID: uuid.New(), Account: invoice.Account, LegalEntity: invoice.LegalEntity, Currency: invoice.Currency, Rounding: invoice.Rounding,
		State: domain.MemoPending,
	}
}

// Whatever the parts in which an invoice is credited, by quantity and by amount, with a fee or without: nothing is credited
// beyond it, all parts together give back exactly its amounts and its taxes, and the account owes what is left.
func TestCreditsOfAnInvoiceGiveBackExactlyWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, invoice, account := drawIssued(t)
		var total, fees money.Minor
		units := map[int32]int64{} // credited so far, by position
		credit := func(want domain.CreditWant) error {
			want.Invoice = invoice.ID
			memo := memoOn(invoice)
			added, err := book.Credit(memo, want)
			if err != nil || !added {
				return err
			}
			err = book.IssueMemo(memo, domain.Issuing{Number: 1, Journal: uuid.New(), Terms: domain.BaseTerms{Currency: "EUR", Rate: 7_000_000_000}})
			if err != nil {
				t.Fatal(err)
			}
			var debit, credit, base money.Minor
			for _, entry := range memo.Journal.Entries {
				debit, credit, base = debit+entry.Debit, credit+entry.Credit, base+entry.BaseDebit-entry.BaseCredit
			}
			if debit != credit || base != 0 || memo.Total() < 0 {
				t.Fatalf("journal %+v of %d", memo.Journal, memo.Total())
			}
			total += memo.Total()
			fees += memo.Fee
			units[want.Position] += want.Quantity
			return nil
		}
		for range rapid.IntRange(0, 8).Draw(t, "credits") {
			line := &invoice.Lines[rapid.IntRange(0, len(invoice.Lines)-1).Draw(t, "line")]
			want := domain.CreditWant{Position: line.Position, FeeBP: rapid.SampledFrom([]int32{0, 0, 1500, 10_000}).Draw(t, "fee")}
			left := line.Taxable() - line.Credited.Net
			if rapid.Bool().Draw(t, "by amount") {
				want.Amount = rapid.Int64Range(1, max(left, 1)+1).Draw(t, "amount")
			} else {
				want.Quantity = rapid.Int64Range(1, line.Quantity).Draw(t, "quantity")
			}
			beyond := want.Amount > left || want.Quantity > line.Quantity-units[line.Position]
			if err := credit(want); beyond != (fault.ReasonOf(err) == domain.ReasonExceedsInvoiced) {
				t.Fatalf("%+v of %+v: %v", want, line, err)
			}
		}
		for i := range invoice.Lines {
			line := &invoice.Lines[i]
			if rest := line.Quantity - units[line.Position]; rest > 0 {
				if err := credit(domain.CreditWant{Position: line.Position, Quantity: rest}); err != nil {
					t.Fatal(err)
				}
			} else if rest := line.Taxable() - line.Credited.Net; rest > 0 {
				if err := credit(domain.CreditWant{Position: line.Position, Amount: rest}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, charge := range invoice.Charges {
			if charge.Type != domain.Discount && charge.Net > 0 {
				if err := credit(domain.CreditWant{Position: charge.Position, Amount: charge.Net}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if total != invoice.Total()-fees || account.Receivable != invoice.BalanceDue() || invoice.BalanceDue() != fees || account.OpenCredit != 0 {
			t.Fatalf("credited %d and kept %d of %d; %d is owed, the account says %+v", total, fees, invoice.Total(), invoice.BalanceDue(), account)
		}
	})
}

// What is credited of an invoice that is paid already stays open credit.
func TestCreditOfASettledInvoiceIsUnapplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, invoice, account := drawIssued(t)
		if invoice.Total() == 0 {
			t.Skip("nothing to pay")
		}
		paid := rapid.Int64Range(1, invoice.Total()).Draw(t, "paid")
		if err := book.Settle(invoice, domain.ByCash, paid); err != nil {
			t.Fatal(err)
		}
		memo := memoOn(invoice)
		for _, line := range invoice.Lines {
			want := domain.CreditWant{Invoice: invoice.ID, Position: line.Position, Quantity: line.Quantity}
			if _, err := book.Credit(memo, want); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.IssueMemo(memo, domain.Issuing{Number: 1, Journal: uuid.New(), Terms: domain.BaseTerms{Currency: invoice.Currency, Rate: money.SameCurrency}}); err != nil {
			t.Fatal(err)
		}
		if memo.Applied != min(memo.Total(), invoice.Total()-paid) || account.OpenCredit != memo.Unapplied() ||
			account.Receivable != invoice.BalanceDue() || account.Exposure() != invoice.Total()-paid-memo.Total() {
			t.Fatalf("%d of %d applied after %d of %d were paid: %+v", memo.Applied, memo.Total(), paid, invoice.Total(), account)
		}
		if (invoice.SettledBy != "") != (invoice.BalanceDue() == 0) {
			t.Fatalf("settled by %q with %d due", invoice.SettledBy, invoice.BalanceDue())
		}
		if err := book.Settle(invoice, domain.ByWriteOff, invoice.BalanceDue()+1); fault.ReasonOf(err) != domain.ReasonExceedsBalance {
			t.Fatalf("settled beyond the balance: %v", err)
		}
	})
}
