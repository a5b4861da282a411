package billing

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// InvoicedLine is what of a shipment line is invoiced.
type InvoicedLine struct {
	// OrderID is the order's id as on the wire.
	OrderID    string
	LineNumber int32
	Quantity   int64
}

// InvoicedLines is what is invoiced, by shipment line, for comparison with what was shipped. Invoices that wait for their
// tax count.
func InvoicedLines(ctx context.Context, db *database.DB) (map[string]InvoicedLine, error) {
	lines := map[string]InvoicedLine{}
	err := store.EachInvoiceLine(ctx, db.Pool(), func(line store.InvoicedShipmentLine) {
		lines[line.ShipmentLine] = InvoicedLine{
			OrderID: id.Format(id.Order, line.Order), LineNumber: line.Line, Quantity: line.Quantity,
		}
	})
	return lines, err
}

// Backlogs are what of the lines of orders waits for stock, as far as billing follows it, by order and line number, for
// comparison with what the orders say: of accounts that weigh it less than in full.
func Backlogs(ctx context.Context, db *database.DB) (map[string]map[int32]int64, error) {
	backlogs := map[string]map[int32]int64{}
	err := store.EachBacklog(ctx, db.Pool(), func(order uuid.UUID, waits map[int32]int64) {
		backlogs[id.Format(id.Order, order)] = waits
	})
	return backlogs, err
}

// StandingPayments is what payment providers have reserved for orders and is neither captured nor to be given up, by order.
func StandingPayments(ctx context.Context, db *database.DB) (map[string]int64, error) {
	standing := map[string]int64{}
	err := store.EachStandingIntent(ctx, db.Pool(), func(order uuid.UUID, left int64) {
		standing[id.Format(id.Order, order)] += left
	})
	return standing, err
}

// SnapshotHashes are the hashes of the priced orders from which billing invoices, by order, for comparison with what was
// accepted.
func SnapshotHashes(ctx context.Context, db *database.DB) (map[string][]byte, error) {
	hashes := map[string][]byte{}
	err := store.EachSnapshotHash(ctx, db.Pool(), func(order uuid.UUID, hash []byte) {
		hashes[id.Format(id.Order, order)] = hash
	})
	return hashes, err
}
