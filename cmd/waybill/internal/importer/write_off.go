package importer

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

const (
	// reasonWriteOff is why stock is gone when its row says nothing.
	reasonWriteOff = "WRITE_OFF"
	// maxReason is the contract's limit, in characters.
	maxReason = 64
)

// writeOff takes from the shelf what the file says is gone, one request per number, whole or not at all.
func (r *run) writeOff(ctx context.Context) error {
	return r.send(ctx, writtenOff, "stock written off", func(ctx context.Context, d *document) error {
		return r.target.REST.Post(ctx, "/v1/stock:adjust", r.adjustment(d), &inventoryv1.AdjustStockResponse{})
	}, func(d *document) {
		r.report.WrittenOffRows += len(d.lines)
		for _, l := range d.lines {
			r.report.WrittenOffUnits += l.quantity
		}
	})
}

func (r *run) adjustment(d *document) *inventoryv1.AdjustStockRequest {
	request := &inventoryv1.AdjustStockRequest{RequestId: "import-" + d.number}
	for _, l := range d.lines {
		adjustment := &inventoryv1.StockAdjustment{
			Sku: l.sku, NodeId: r.options.Node, Quantity: "-" + strconv.FormatInt(l.quantity, 10), Reason: reasonOf(l),
			SourceDocument: d.number,
		}
		if !l.at.IsZero() {
			adjustment.OccurredAt = timestamppb.New(l.at)
		}
		request.Adjustments = append(request.Adjustments, adjustment)
	}
	return request
}

// reasonOf is what the row says, as far as the contract takes it.
func reasonOf(l line) string {
	reason := []rune(l.description)
	if len(reason) == 0 {
		return reasonWriteOff
	}
	return string(reason[:min(len(reason), maxReason)])
}
