package inventory

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// reasonScrapped is why goods that came back are gone.
const reasonScrapped = "SCRAPPED"

// inspected reads what becomes of goods that came back. What is kept on hold stays where it is.
func (f *inboundFacts) inspected(event *fulfillmentv1.ReturnInspected, message inbox.Message) {
	f.eachReturned(event.GetReturnDocument(), event.GetMovements(), func(flow domain.Flow, moved *fulfillmentv1.ReturnMovement) {
		flow.OccurredAt = moment(event.GetOccurredAt(), message.OccurredAt)
		position := moved.GetPosition()
		f.add(flow, message, position, domain.QualityHold, domain.Sellable, moved.GetRestocked())
		f.add(flow, message, position, domain.QualityHold, domain.Damaged, moved.GetDamaged())
		f.add(flow, message, position, domain.QualityHold, domain.Supplier, moved.GetReturnedToVendor())
		flow.Reason = reasonScrapped
		f.add(flow, message, position, domain.QualityHold, domain.Adjusted, moved.GetScrapped())
	})
}
