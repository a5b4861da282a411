package inventory

import (
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// reasonReturn is why goods come from a customer.
const reasonReturn = "RETURN"

// returned reads what came back from a customer: it is held until somebody has looked.
func (f *inboundFacts) returned(event *fulfillmentv1.ReturnReceived, message inbox.Message) {
	f.eachReturned(event.GetReturnDocument(), event.GetMovements(), func(flow domain.Flow, moved *fulfillmentv1.ReturnMovement) {
		flow.OccurredAt = moment(event.GetOccurredAt(), message.OccurredAt)
		f.add(flow, message, moved.GetPosition(), domain.Customer, domain.QualityHold, moved.GetReceived())
	})
}

// eachReturned gives the goods among what moved of a return, without services.
func (f *inboundFacts) eachReturned(
	document *fulfillmentv1.Return, movements []*fulfillmentv1.ReturnMovement,
	each func(domain.Flow, *fulfillmentv1.ReturnMovement),
) {
	lines := map[int32]*fulfillmentv1.ReturnLine{}
	for _, line := range document.GetLines() {
		lines[line.GetPosition()] = line
	}
	for _, moved := range movements {
		line := lines[moved.GetPosition()]
		if line == nil || line.GetService() || document.GetNodeId() == "" {
			continue
		}
		f.codes = append(f.codes, line.GetSku())
		flow := inboundFlow(line.GetSku(), document.GetNodeId(), line.GetLot(), reasonReturn, document.GetReturnId(),
			time.Time{})
		each(flow, moved)
	}
}
