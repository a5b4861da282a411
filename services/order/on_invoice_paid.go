package order

import (
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onInvoicePaid: nothing is owed on an invoice any more. The last one closes the order.
func (s *Service) onInvoicePaid(event *billingv1.InvoicePaid) (fact, error) {
	return factAbout(event.GetOrderId(), func(o *domain.Order) { o.Paid() })
}
