package order

import (
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onOrderCreditBlocked: nothing more of the order is to go for want of credit. What has not gone to a warehouse is held, once
// the order is accepted.
func (s *Service) onOrderCreditBlocked(event *billingv1.OrderCreditBlocked) (fact, error) {
	return factAbout(event.GetOrderId(), func(o *domain.Order) {
		o.CreditBlocked(event.GetSequence(), event.GetReason(), event.GetMessage())
	})
}
