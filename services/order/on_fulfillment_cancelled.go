package order

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// onFulfillmentCancelled: a warehouse has stopped. What was wanted back is cancelled; what only went with it is handed
// over again.
func (s *Service) onFulfillmentCancelled(event *fulfillmentv1.FulfillmentCancelled) (fact, error) {
	now, node, parts := s.now(), domain.Node(event.GetFulfillment().GetNodeId()), freed(event.GetFulfillment())
	return factAbout(event.GetFulfillment().GetOrderId(), func(o *domain.Order) { o.Stopped(node, parts, now) })
}
