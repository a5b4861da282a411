package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// defaultPage is the page size when the caller names none.
const defaultPage = 50

// ListInvoices implements the RPC of the same name. The token is the id of the last invoice of the page: ids grow with
// time, so invoices that come meanwhile move nothing.
func (s *Service) ListInvoices(ctx context.Context, req *billingv1.ListInvoicesRequest) (*billingv1.ListInvoicesResponse, error) {
	before, err := rpc.ReadIDToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	filter := store.InvoiceFilter{Partner: rpc.IdentityFrom(ctx).Partner, Account: req.GetAccountId(), BillTo: req.GetBillToAccountId()}
	if filter.Order, err = optionalID(id.Order, req.GetOrderId(), "order_id"); err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	invoices, err := store.InvoicesBefore(ctx, s.db.Pool(), filter, before, size+1)
	if err != nil {
		return nil, err
	}
	written, err := s.writeInvoices(ctx, invoices[:min(size, len(invoices))])
	if err != nil {
		return nil, err
	}
	reply := &billingv1.ListInvoicesResponse{}
	reply.Invoices, reply.NextPageToken = rpc.EndPage(invoices, written, func(last *domain.Invoice) string { return rpc.IDToken(last.ID) })
	return reply, nil
}

func pageSize(asked int32) int {
	if asked == 0 {
		return defaultPage
	}
	return int(asked)
}
