package order

import (
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onInvoiceIssued: shipped quantities were invoiced. The last invoice completes the order.
func (s *Service) onInvoiceIssued(event *billingv1.InvoiceIssued) (fact, error) {
	now := s.now()
	parts := make([]domain.Part, 0, len(event.GetQuantities()))
	for _, invoiced := range event.GetQuantities() {
		parts = append(parts, domain.Part{Line: invoiced.GetLineNumber(), Quantity: invoiced.GetQuantity()})
	}
	return factAbout(event.GetInvoice().GetOrderId(), func(o *domain.Order) { o.Invoiced(parts, now) })
}
