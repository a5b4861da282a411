package order

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onFulfillmentRejected: a warehouse will not do it. Its stock there is given back and looked for elsewhere.
func (s *Service) onFulfillmentRejected(event *fulfillmentv1.FulfillmentRejected) (fact, error) {
	now, node, parts := s.now(), domain.Node(event.GetFulfillment().GetNodeId()), freed(event.GetFulfillment())
	return factAbout(event.GetFulfillment().GetOrderId(), func(o *domain.Order) { o.NotTaken(node, parts, now) })
}

// freed is what is free again of a fulfilment order.
func freed(from *fulfillmentv1.Fulfillment) []domain.Part {
	var parts []domain.Part
	for _, line := range from.GetLines() {
		if line.GetCancelled() > 0 {
			parts = append(parts, domain.Part{Line: line.GetLineNumber(), Quantity: line.GetCancelled()})
		}
	}
	return parts
}
