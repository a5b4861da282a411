package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// SummarizeInvoices implements the RPC of the same name.
func (s *Service) SummarizeInvoices(ctx context.Context, req *billingv1.SummarizeInvoicesRequest) (*billingv1.SummarizeInvoicesResponse, error) {
	sums, err := store.Sums(ctx, s.db.Pool(), req.GetLegalEntity(), rpc.IdentityFrom(ctx).Partner, req.GetByAccount())
	if err != nil {
		return nil, err
	}
	return &billingv1.SummarizeInvoicesResponse{Sums: convertAll(sums, func(sum store.Sum) *billingv1.InvoiceSum {
		return &billingv1.InvoiceSum{
			CurrencyCode: sum.Currency, State: stateToProto(&domain.Invoice{State: sum.State}), Invoices: sum.Documents, Lines: sum.Lines,
			NetMinor: sum.Net, TaxMinor: sum.Tax, AccountId: sum.Account,
		}
	})}, nil
}
