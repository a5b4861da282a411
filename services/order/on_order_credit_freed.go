package order

import (
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onOrderCreditFreed: there is credit again. An order that was held for that goes on.
func (s *Service) onOrderCreditFreed(event *billingv1.OrderCreditFreed) (fact, error) {
	now := s.now()
	return factAbout(event.GetOrderId(), func(o *domain.Order) { o.CreditFreed(event.GetSequence(), now) })
}
