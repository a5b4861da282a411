package billing

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

const (
	reasonDateInvalid       = "DATE_INVALID"
	reasonAllocationInvalid = "ALLOCATION_INVALID"
)

// allocation is what of a payment is to settle an invoice. The invoice is named by id, or by number alone.
type allocation struct {
	invoice uuid.UUID
	number  string
	amount  money.Minor
}

func allocationsFromProto(list []*billingv1.CashAllocation) ([]allocation, error) {
	read := make([]allocation, 0, len(list))
	for i, one := range list {
		path := fmt.Sprintf("allocations[%d]", i)
		if (one.GetInvoiceId() == "") == (one.GetInvoiceNumber() == "") {
			return nil, fault.New(fault.Invalid, reasonAllocationInvalid, "%s: name the invoice by its id or by its number", path).
				WithField(path, reasonAllocationInvalid, "name the invoice by its id or by its number")
		}
		want := allocation{number: one.GetInvoiceNumber(), amount: one.GetAmountMinor()}
		if want.number == "" {
			var err error
			if want.invoice, err = parseID(id.Invoice, one.GetInvoiceId(), path+".invoice_id"); err != nil {
				return nil, err
			}
		}
		read = append(read, want)
	}
	return read, nil
}

// numberAtEnd reads the digits at the end of a document's number; 0 when there are none that fit.
func numberAtEnd(document string) int64 {
	digits := document[len(strings.TrimRight(document, "0123456789")):]
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// dayFromProto reads a day; empty is the given one.
func dayFromProto(text, field string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fault.New(fault.Invalid, reasonDateInvalid, "%s: %q is no day", field, text).
			WithField(field, reasonDateInvalid, "a day as 2026-01-31")
	}
	return day, nil
}

func paymentToProto(payment *domain.Payment) *billingv1.Payment {
	amount := func(minor money.Minor) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: payment.Currency, MinorUnits: minor}
	}
	written := &billingv1.Payment{
		PaymentId: id.Format(id.Payment, payment.ID), AccountId: string(payment.Account), LegalEntity: payment.LegalEntity,
		Amount: amount(payment.Amount), Unapplied: amount(payment.Unapplied()), ReceivedOn: payment.ReceivedOn.Format(time.DateOnly),
		Reference: payment.Reference, JournalId: id.Format(id.Journal, payment.Journal.ID),
		RecordedAt: timestamppb.New(payment.RecordedAt), ExchangeRate: payment.Rate.String(),
	}
	for _, application := range payment.Applications {
		if application.Amount > 0 {
			written.Applications = append(written.Applications, &billingv1.CashApplication{
				InvoiceId: id.Format(id.Invoice, application.Invoice), AmountMinor: application.Amount,
			})
		}
	}
	return written
}
