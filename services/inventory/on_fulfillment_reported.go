package inventory

import (
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// reportFromProto reads the counters of an order to a warehouse, whichever of its events brought them: created, picked,
// shorted, rejected, cancelled, closed.
func reportFromProto(fulfillment *fulfillmentv1.Fulfillment, message inbox.Message) (*domain.Fact, []string) {
	report := &domain.Report{
		Fulfillment: fulfillment.GetFulfillmentId(), Order: domain.OrderID(fulfillment.GetOrderId()),
		Node: domain.NodeID(fulfillment.GetNodeId()), OccurredAt: message.OccurredAt,
	}
	var codes []string
	for _, line := range fulfillment.GetLines() {
		if line.GetService() {
			continue
		}
		codes = append(codes, line.GetSku())
		report.Lines = append(report.Lines, domain.ReportLine{
			Line: line.GetLineNumber(), SKU: domain.SKU(line.GetSku()), Requested: line.GetRequested(), Picked: line.GetPicked(),
			Shorted: line.GetShorted(), Cancelled: line.GetCancelled(),
		})
	}
	if report.Node == domain.Nowhere || len(report.Lines) == 0 {
		return nil, nil
	}
	return &domain.Fact{Report: report}, codes
}
