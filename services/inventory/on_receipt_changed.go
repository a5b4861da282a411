package inventory

import (
	"fmt"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// reasonReceipt is why goods come from a supplier.
const reasonReceipt = "RECEIPT"

// announced reads what is on its way from a supplier.
func (f *inboundFacts) announced(event *fulfillmentv1.ReceiptAnnounced) { f.supply(event.GetReceipt()) }

// closed reads that nothing more will come.
func (f *inboundFacts) closed(event *fulfillmentv1.ReceiptClosed) { f.supply(event.GetReceipt()) }

// received reads what has come in: what is fit for sale, what is held and what is damaged. A negative part corrects an
// earlier report, and goes the other way.
func (f *inboundFacts) received(event *fulfillmentv1.ReceiptReceived, message inbox.Message) {
	receipt := event.GetReceipt()
	f.supply(receipt)
	lines := map[int32]*fulfillmentv1.ReceiptLine{}
	for _, line := range receipt.GetLines() {
		lines[line.GetPosition()] = line
	}
	for _, moved := range event.GetMovements() {
		line := lines[moved.GetPosition()]
		if line == nil || receipt.GetNodeId() == "" {
			continue
		}
		flow := inboundFlow(line.GetSku(), receipt.GetNodeId(), line.GetLot(), reasonReceipt, receipt.GetReceiptId(),
			moment(event.GetOccurredAt(), message.OccurredAt))
		flow.ExpiresOn = line.GetExpiresOn()
		f.add(flow, message, moved.GetPosition(), domain.Supplier, domain.Sellable,
			moved.GetReceived()-moved.GetDamaged()-moved.GetOnHold())
		f.add(flow, message, moved.GetPosition(), domain.Supplier, domain.QualityHold, moved.GetOnHold())
		f.add(flow, message, moved.GetPosition(), domain.Supplier, domain.Damaged, moved.GetDamaged())
	}
}

// supply reads what is still to come of a receipt.
func (f *inboundFacts) supply(receipt *fulfillmentv1.Receipt) {
	if receipt.GetNodeId() == "" {
		return
	}
	open := receipt.GetState() != fulfillmentv1.ReceiptState_RECEIPT_STATE_CLOSED &&
		receipt.GetState() != fulfillmentv1.ReceiptState_RECEIPT_STATE_CANCELLED
	for _, line := range receipt.GetLines() {
		f.codes = append(f.codes, line.GetSku())
		f.incoming = append(f.incoming, domain.Incoming{
			StockKey: domain.StockKey{SKU: domain.SKU(line.GetSku()), Node: domain.NodeID(receipt.GetNodeId())},
			Source:   domain.FromReceipt, Document: receipt.GetReceiptId(), Line: line.GetPosition(), Expected: line.GetExpected(),
			Received: line.GetReceived(), ExpectedAt: moment(receipt.GetExpectedAt(), time.Time{}), Open: open,
		})
	}
}

// inboundFlow is a fact about goods, without its buckets and quantity.
func inboundFlow(sku, node, lot, reason, document string, occurred time.Time) domain.Flow {
	return domain.Flow{
		StockKey: domain.StockKey{SKU: domain.SKU(sku), Node: domain.NodeID(node)}, Policy: domain.Record,
		Movement: domain.Movement{Lot: lot, Reason: reason, Document: document, OccurredAt: occurred},
	}
}

// add adds one part of a fact. Its id is the event's, the line's and the buckets': it comes once.
func (f *inboundFacts) add(
	flow domain.Flow, message inbox.Message, position int32, from, to domain.Bucket, quantity int64,
) {
	if quantity < 0 {
		from, to, quantity = to, from, -quantity
	}
	if quantity == 0 {
		return
	}
	flow.From, flow.To, flow.Quantity = from, to, quantity
	flow.ID = fmt.Sprintf("%s/%d/%d/%s/%s", flow.Document, message.Sequence, position, from, to)
	f.flows = append(f.flows, flow)
}
