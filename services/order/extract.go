package order

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// OrderLine names a line of an order as it stands on the wire.
type OrderLine struct {
	OrderID    string
	LineNumber int32
}

// LineAt names what one place has of an order line.
type LineAt struct {
	OrderID    string
	LineNumber int32
	NodeID     string
}

// PromisedByOrderLine is what is reserved or released of each goods line in each place, or kept there while a payment is
// asked for again: at rest what inventory holds for it there. What is zero is left out.
func PromisedByOrderLine(ctx context.Context, db *database.DB) (map[LineAt]int64, error) {
	promised := map[LineAt]int64{}
	kept := func(at OrderLine, part domain.Part) {
		if part.Node != "" {
			promised[LineAt{OrderID: at.OrderID, LineNumber: at.LineNumber, NodeID: string(part.Node)}] += part.Quantity
		}
	}
	err := eachOrderLine(ctx, db, func(at OrderLine, line *domain.Line) {
		for _, place := range line.At {
			if quantity := place.Reserved + place.Released; quantity > 0 && !line.Service {
				promised[LineAt{OrderID: at.OrderID, LineNumber: at.LineNumber, NodeID: string(place.Node)}] += quantity
			}
		}
	}, kept)
	return promised, err
}

// BackorderedByLine is what of each line waits for stock: at rest what inventory lets wait. What is zero is left out.
func BackorderedByLine(ctx context.Context, db *database.DB) (map[OrderLine]int64, error) {
	quantities := map[OrderLine]int64{}
	add := func(at OrderLine, quantity int64) {
		if quantity != 0 {
			quantities[at] += quantity
		}
	}
	err := eachOrderLine(ctx, db, func(at OrderLine, line *domain.Line) { add(at, line.Backordered) },
		func(at OrderLine, part domain.Part) {
			if part.Node == "" {
				add(at, part.Quantity)
			}
		})
	return quantities, err
}

// ShippedByLine is what was shipped of each line. What is zero is left out.
func ShippedByLine(ctx context.Context, db *database.DB) (map[OrderLine]int64, error) {
	return byLine(ctx, db, func(line *domain.Line) int64 { return line.Shipped })
}

// InvoicedByLine is what was invoiced of each line. What is zero is left out.
func InvoicedByLine(ctx context.Context, db *database.DB) (map[OrderLine]int64, error) {
	return byLine(ctx, db, func(line *domain.Line) int64 { return line.Invoiced + line.Ahead })
}

// AcceptedSnapshots are the hashes of the accepted orders as they are priced now, by order: what billing must invoice from.
func AcceptedSnapshots(ctx context.Context, db *database.DB) (map[string][]byte, error) {
	hashes := map[string][]byte{}
	var unreadable error
	err := eachPage(ctx, db, func(p *page) bool {
		for _, one := range p.orders {
			if one.Order.AcceptedAt.IsZero() {
				continue
			}
			priced := &orderv1.PricedOrder{}
			if err := proto.Unmarshal(p.documents[one.Order.ID].Snapshot, priced); err != nil {
				unreadable = fmt.Errorf("snapshot of order %s: %w", one.Order.ID, err)
				return false
			}
			hashes[id.Format(id.Order, one.Order.ID)] = priced.GetSnapshotHash()
		}
		return true
	})
	return hashes, errors.Join(err, unreadable)
}

// EndedOrders are the orders of which nothing remains to be shipped: completed, cancelled or rejected.
func EndedOrders(ctx context.Context, db *database.DB) (map[string]bool, error) {
	ended := map[string]bool{}
	err := eachPage(ctx, db, func(p *page) bool {
		for _, one := range p.orders {
			if !one.Order.CompletedAt.IsZero() || one.Order.State == domain.Rejected || one.Order.State == domain.Cancelled {
				ended[id.Format(id.Order, one.Order.ID)] = true
			}
		}
		return true
	})
	return ended, err
}

func byLine(ctx context.Context, db *database.DB, bucket func(*domain.Line) int64) (map[OrderLine]int64, error) {
	quantities := map[OrderLine]int64{}
	err := eachOrderLine(ctx, db, func(at OrderLine, line *domain.Line) {
		if quantity := bucket(line); quantity != 0 {
			quantities[at] = quantity
		}
	}, func(OrderLine, domain.Part) {})
	return quantities, err
}

// eachOrderLine shows all lines, and what is set aside of orders whose payment is asked for again.
func eachOrderLine(
	ctx context.Context, db *database.DB, visit func(at OrderLine, line *domain.Line), kept func(at OrderLine, part domain.Part),
) error {
	return eachPage(ctx, db, func(p *page) bool {
		for _, one := range p.orders {
			name := id.Format(id.Order, one.Order.ID)
			for i := range one.Order.Lines {
				visit(OrderLine{OrderID: name, LineNumber: int32(i + 1)}, &one.Order.Lines[i])
			}
			for _, part := range one.Order.KeptParts() {
				kept(OrderLine{OrderID: name, LineNumber: part.Line}, part)
			}
		}
		return true
	})
}
