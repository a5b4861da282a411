package order

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onFulfillmentShorted: a warehouse could not find some of it. Inventory corrects the stock by the same event; here it is
// looked for anew.
func (s *Service) onFulfillmentShorted(event *fulfillmentv1.FulfillmentShorted) (fact, error) {
	now, node := s.now(), domain.Node(event.GetFulfillment().GetNodeId())
	parts := make([]domain.Part, 0, len(event.GetShorted()))
	for _, short := range event.GetShorted() {
		parts = append(parts, domain.Part{Line: short.GetLineNumber(), Quantity: short.GetQuantity()})
	}
	return factAbout(event.GetFulfillment().GetOrderId(), func(o *domain.Order) { o.Shorted(node, parts, now) })
}
