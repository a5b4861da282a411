package billing

import (
	"context"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// GetInvoice implements the RPC of the same name.
func (s *Service) GetInvoice(ctx context.Context, req *billingv1.GetInvoiceRequest) (*billingv1.GetInvoiceResponse, error) {
	notFound := invoiceNotFound(req.GetInvoiceId())
	invoiceID, err := id.Parse(id.Invoice, req.GetInvoiceId())
	if err != nil {
		return nil, notFound
	}
	invoice, err := store.InvoiceByID(ctx, s.db.Pool(), invoiceID)
	if err != nil {
		return nil, err
	}
	if partner := rpc.IdentityFrom(ctx).Partner; invoice == nil || partner != "" && partner != invoice.Partner {
		return nil, notFound
	}
	if err := store.FillDeliveries(ctx, s.db.Pool(), invoice); err != nil {
		return nil, err
	}
	written, err := s.writeInvoices(ctx, []*domain.Invoice{invoice})
	if err != nil {
		return nil, err
	}
	return &billingv1.GetInvoiceResponse{Invoice: written[0]}, nil
}

// writeInvoices writes invoices with what the snapshots of their orders say.
func (s *Service) writeInvoices(ctx context.Context, invoices []*domain.Invoice) ([]*billingv1.Invoice, error) {
	orders, err := s.pricedOrders(ctx, invoices)
	if err != nil {
		return nil, err
	}
	return convertAll(invoices, func(invoice *domain.Invoice) *billingv1.Invoice {
		return invoiceToProto(invoice, orders[invoice.Order])
	}), nil
}

func invoiceNotFound(name string) error {
	return fault.New(fault.NotFound, "INVOICE_NOT_FOUND", "there is no invoice %q", name)
}
