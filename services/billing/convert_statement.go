package billing

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

func statementEntriesToProto(statement store.Statement) []*billingv1.StatementEntry {
	balance := statement.Carried
	return convertAll(statement.Entries, func(entry store.StatementEntry) *billingv1.StatementEntry {
		balance += entry.Amount
		written := &billingv1.StatementEntry{
			DocumentNumber: entry.Number, At: timestamppb.New(entry.At), AmountMinor: entry.Amount, BalanceMinor: balance,
		}
		switch entry.Kind {
		case store.EntryInvoice:
			written.Type, written.DocumentId = billingv1.StatementEntryType_STATEMENT_ENTRY_TYPE_INVOICE, id.Format(id.Invoice, entry.Document)
		case store.EntryCreditMemo:
			written.Type, written.DocumentId = billingv1.StatementEntryType_STATEMENT_ENTRY_TYPE_CREDIT_MEMO, id.Format(id.CreditMemo, entry.Document)
		case store.EntryPayment:
			written.Type, written.DocumentId = billingv1.StatementEntryType_STATEMENT_ENTRY_TYPE_PAYMENT, id.Format(id.Payment, entry.Document)
		case store.EntryWriteOff:
			written.Type, written.DocumentId = billingv1.StatementEntryType_STATEMENT_ENTRY_TYPE_WRITE_OFF, id.Format(id.Invoice, entry.Document)
		case store.EntryRefund:
			written.Type, written.DocumentId = billingv1.StatementEntryType_STATEMENT_ENTRY_TYPE_REFUND, id.Format(id.Payment, entry.Document)
		}
		return written
	})
}

func ageingToProto(credit *domain.Credit, day time.Time, ageing domain.Ageing) *billingv1.GetAgeingResponse {
	written := &billingv1.GetAgeingResponse{
		AccountId: string(credit.Account), CurrencyCode: credit.Currency, AsOfDate: day.Format(time.DateOnly),
		DisputedMinor: ageing.Disputed, UnappliedCashMinor: credit.UnappliedCash, OpenCreditsMinor: credit.OpenCredit,
	}
	var from int32
	for i, class := range ageing.Classes {
		row := &billingv1.AgeingClass{FromDays: from, Invoices: class.Invoices, BalanceMinor: class.Balance}
		if i < len(domain.AgeingBounds) {
			row.ToDays = domain.AgeingBounds[i]
			from = row.GetToDays() + 1
		}
		written.Classes = append(written.Classes, row)
	}
	return written
}
