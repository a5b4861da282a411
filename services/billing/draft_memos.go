package billing

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// topicMemos wakes the issuing of credit memos.
const topicMemos = "credit_memo_pending"

// creditDesk is what drafting credit memos needs of the books, loaded by one transaction.
type creditDesk struct {
	book     *domain.Book
	orders   map[uuid.UUID]*orderv1.PricedOrder
	accounts map[domain.AccountID]store.AccountCopy
	entities map[string]domain.LegalEntity
}

// openDesk locks the invoices, and loads the accounts with whatever stands behind both.
func openDesk(
	ctx context.Context, tx database.Transaction, invoiceIDs []uuid.UUID, accounts []domain.AccountID,
) (*creditDesk, error) {
	desk := &creditDesk{book: domain.NewBook(nil, nil, nil, nil), orders: map[uuid.UUID]*orderv1.PricedOrder{}}
	invoices, err := store.LockedInvoices(ctx, tx, invoiceIDs)
	if err != nil {
		return nil, err
	}
	snapshots, err := store.Snapshots(ctx, tx, orderIDs(invoices))
	if err != nil {
		return nil, err
	}
	for order, snapshot := range snapshots {
		if desk.orders[order], err = decodeSnapshot(snapshot); err != nil {
			return nil, err
		}
	}
	for _, invoice := range invoices {
		if err := completeInvoice(invoice, desk.orders[invoice.Order]); err != nil {
			return nil, err
		}
	}
	desk.book.AddInvoices(invoices)
	if desk.accounts, err = store.AccountCopies(ctx, tx, sortedSet(accounts)); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(desk.accounts))
	for _, account := range desk.accounts {
		names = append(names, account.LegalEntity)
	}
	desk.entities, err = store.Entities(ctx, tx, sortedSet(names))
	return desk, err
}

// memoOf begins a credit memo of an invoice: what stands on the invoice stands on the memo.
func memoOf(invoice *domain.Invoice) *domain.Memo {
	return &domain.Memo{
		ID: id.New(), Order: invoice.Order, Partner: invoice.Partner, Account: invoice.Account, SoldTo: invoice.SoldTo,
		LegalEntity: invoice.LegalEntity, Currency: invoice.Currency, Rounding: invoice.Rounding, TaxMode: invoice.TaxMode,
		Jurisdiction: invoice.Jurisdiction, State: domain.MemoPending,
	}
}

// memoFor begins a credit memo without reference: what is agreed with the account, else what its company does. The fault
// ACCOUNT_UNKNOWN (Unavailable) says that the account's copy has not come.
func (d *creditDesk) memoFor(name domain.AccountID, currency string) (*domain.Memo, error) {
	account, known := d.accounts[name]
	if !known {
		return nil, fault.New(fault.Unavailable, domain.ReasonAccountUnknown, "account %s is not known here yet; try again", name)
	}
	if currency != "" && currency != account.Currency {
		return nil, fault.New(fault.Precondition, domain.ReasonAccountMismatch, "account %s is kept in %s", name, account.Currency)
	}
	entity := d.entities[account.LegalEntity]
	return &domain.Memo{
		ID: id.New(), Account: domain.AccountID(cmp.Or(account.BillTo, string(name))), SoldTo: name, LegalEntity: account.LegalEntity,
		Currency: account.Currency, Rounding: cmp.Or(money.Rounding(account.Rounding), entity.Rounding), TaxMode: entity.TaxMode,
		Jurisdiction: cmp.Or(account.Jurisdiction, entity.Jurisdiction), State: domain.MemoPending,
	}, nil
}

// describe is what stands at a position of an invoice, in words.
func (d *creditDesk) describe(invoice *domain.Invoice, position int32) domain.CreditedItem {
	order := d.orders[invoice.Order]
	if at := int(position) - 1; at < len(invoice.Lines) {
		line := pricedLines(order)[invoice.Lines[at].Line]
		return domain.CreditedItem{
			SKU: line.GetSku(), Description: line.GetDescription(), Unit: line.GetBaseUnit(), Scale: int(line.GetScale()),
		}
	} else if at -= len(invoice.Lines); at < len(invoice.Charges) && invoice.Charges[at].Charge < len(order.GetCharges()) {
		return domain.CreditedItem{Description: order.GetCharges()[invoice.Charges[at].Charge].GetDescription()}
	}
	return domain.CreditedItem{}
}

// file stores the drafted memos and wakes the drain.
func (d *creditDesk) file(ctx context.Context, tx database.Transaction, s *Service, memos []*domain.Memo) error {
	if err := store.AddMemos(ctx, tx, memos, d.book.CreditedInvoices(), s.now()); err != nil {
		return fmt.Errorf("draft credit memos: %w", err)
	}
	tx.Notify(topicMemos)
	return nil
}
