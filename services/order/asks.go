package order

import (
	"slices"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// defaultPortals are the channels whose portals are told of orders, where nobody says.
var defaultPortals = []string{"portal"}

// asks says what outside systems are asked and told about an order that comes now.
func (s *Service) asks(order *orderv1.PricedOrder) domain.Asks {
	var asks domain.Asks
	if s.erp != nil {
		asks |= domain.AskTerms
	}
	if s.tms != nil && goesTo(order) {
		asks |= domain.AskFreight
	}
	if s.portals == nil {
		return asks
	}
	switch channel := order.GetChannel(); {
	case slices.Contains(s.insisting, channel):
		asks |= domain.TellPortal | domain.PortalInsists
	case slices.Contains(s.told, channel):
		asks |= domain.TellPortal
	}
	return asks
}
