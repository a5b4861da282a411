package billing

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// CreateCreditMemo implements the RPC of the same name. The memo is drafted here, which takes what it credits off the
// invoices; it is issued by the drain.
func (s *Service) CreateCreditMemo(
	ctx context.Context, req *billingv1.CreateCreditMemoRequest,
) (*billingv1.CreateCreditMemoResponse, error) {
	asked, err := memoRequestFromProto(req)
	if err != nil {
		return nil, err
	}
	caller := rpc.IdentityFrom(ctx)
	asked.partner, asked.restricted = cmp.Or(caller.Partner, asked.partner), caller.Partner
	key := requestKey(caller, "create_credit_memo", req.GetRequestId())
	return database.Tx(ctx, s.db, key.Method, func(tx database.Transaction) (*billingv1.CreateCreditMemoResponse, error) {
		return idempotency.Once(ctx, tx, key, req, func() (*billingv1.CreateCreditMemoResponse, error) {
			desk, err := openDesk(ctx, tx, asked.invoices, []domain.AccountID{asked.account})
			if err != nil {
				return nil, err
			}
			memo, err := desk.draft(asked)
			if err != nil {
				return nil, err
			}
			if err := desk.file(ctx, tx, s, []*domain.Memo{memo}); err != nil {
				return nil, err
			}
			return &billingv1.CreateCreditMemoResponse{CreditMemo: memoToProto(memo)}, nil
		})
	})
}

// memoRequest is a request for a credit memo, before the invoices that it names are loaded.
type memoRequest struct {
	// account ordered; empty: as the invoice says.
	account  domain.AccountID
	currency string
	partner  string
	reason   string
	lines    []memoRequestLine
	invoices []uuid.UUID
	// restricted is the partner whose invoices may be credited; empty: all.
	restricted string
}

// memoRequestLine is a line of a request. The quantity of a position can be read only with its invoice.
type memoRequestLine struct {
	domain.CreditWant
	quantity string
}

// draft makes the memo. A fault names the line that it is about.
func (d *creditDesk) draft(asked memoRequest) (*domain.Memo, error) {
	memo, err := d.begin(asked)
	if err != nil {
		return nil, err
	}
	memo.Partner, memo.Reason = cmp.Or(asked.partner, memo.Partner), asked.reason
	for i, line := range asked.lines {
		want, err := d.want(line, asked.restricted)
		if err == nil {
			_, err = d.book.Credit(memo, want)
		}
		if refusal, ok := fault.As(err); ok && len(refusal.Fields) == 0 {
			return nil, refusal.WithField(fmt.Sprintf("lines[%d]", i), refusal.Reason, refusal.Message)
		}
		if err != nil {
			return nil, err
		}
		if invoice := d.book.Invoice(want.Invoice); invoice != nil && invoice.Order != memo.Order {
			memo.Order = uuid.Nil // of several orders
		}
	}
	return memo, nil
}

// begin makes the head of the memo: that of the first invoice which it credits, else of the account.
func (d *creditDesk) begin(asked memoRequest) (*domain.Memo, error) {
	if len(asked.invoices) == 0 {
		return d.memoFor(asked.account, asked.currency)
	}
	invoice := d.book.Invoice(asked.invoices[0])
	if invoice == nil || asked.restricted != "" && invoice.Partner != asked.restricted {
		return nil, fault.New(fault.NotFound, domain.ReasonInvoiceUnknown, "there is no such invoice").
			WithField("lines", domain.ReasonInvoiceUnknown, "name invoices as ListInvoices does")
	}
	if asked.account != "" && asked.account != invoice.SoldTo || asked.currency != "" && asked.currency != invoice.Currency {
		return nil, fault.New(fault.Precondition, domain.ReasonInvoicesDiffer, "the invoice is of account %s, in %s",
			invoice.SoldTo, invoice.Currency)
	}
	return memoOf(invoice), nil
}

// want completes a line with what its invoice says.
func (d *creditDesk) want(line memoRequestLine, restricted string) (domain.CreditWant, error) {
	want := line.CreditWant
	if want.Position == 0 {
		return want, nil
	}
	invoice := d.book.Invoice(want.Invoice)
	if invoice == nil || restricted != "" && invoice.Partner != restricted {
		return want, fault.New(fault.NotFound, domain.ReasonInvoiceUnknown, "there is no such invoice")
	}
	item := d.describe(invoice, want.Position)
	item.Description = cmp.Or(want.Item.Description, item.Description)
	want.Item = item
	if line.quantity == "" {
		return want, nil
	}
	var err error
	want.Quantity, err = positiveQuantity(line.quantity, item.Scale)
	return want, err
}
