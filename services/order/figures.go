package order

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// Figures are what this service says of its orders, for comparison with what others say.
func Figures() []reconcile.Figure {
	return append(quantityFigures(), orderFigures()...)
}

// quantityFigures are quantities of lines.
func quantityFigures() []reconcile.Figure {
	return []reconcile.Figure{
		// What is reserved or released of each goods line in each place, or kept there while a payment is asked for again: at rest
		// what inventory holds for it there.
		figure("order.promised", func(_ *page, one store.Stored) ([]reconcile.Entry, error) {
			promised := map[reconcile.Key]int64{}
			eachQuantity(one, func(key reconcile.Key, line *domain.Line) {
				for _, place := range line.At {
					if key.Node = string(place.Node); !line.Service {
						promised[key] += place.Reserved + place.Released
					}
				}
			})
			for _, part := range one.Order.KeptParts() {
				if part.Node != "" {
					promised[reconcile.Key{Subject: orderName(one), Line: part.Line, Node: string(part.Node)}] += part.Quantity
				}
			}
			return reconcile.Quantities(promised), nil
		}),
		// What of each line waits for stock: at rest what inventory lets wait.
		figure("order.backordered", func(_ *page, one store.Stored) ([]reconcile.Entry, error) {
			waits := map[reconcile.Key]int64{}
			eachQuantity(one, func(key reconcile.Key, line *domain.Line) { waits[key] += line.Backordered })
			for _, part := range one.Order.KeptParts() {
				if part.Node == "" {
					waits[reconcile.Key{Subject: orderName(one), Line: part.Line}] += part.Quantity
				}
			}
			return reconcile.Quantities(waits), nil
		}),
		byLine("order.shipped", func(line *domain.Line) int64 { return line.Shipped }),
		byLine("order.invoiced", func(line *domain.Line) int64 { return line.Invoiced + line.Ahead }),
	}
}

// orderFigures are about whole orders.
func orderFigures() []reconcile.Figure {
	accepted := func(_ *page, one store.Stored) bool { return !one.Order.AcceptedAt.IsZero() }
	return []reconcile.Figure{
		figure("order.documents", func(_ *page, one store.Stored) ([]reconcile.Entry, error) { return documentsOf(one), nil }),
		// The hash of an accepted order as it is priced now: what billing must invoice from.
		figure("order.snapshot", func(p *page, one store.Stored) ([]reconcile.Entry, error) {
			if !accepted(p, one) {
				return nil, nil
			}
			priced := &orderv1.PricedOrder{}
			if err := proto.Unmarshal(p.documents[one.Order.ID].Snapshot, priced); err != nil {
				return nil, fmt.Errorf("snapshot of %s: %w", orderName(one), err)
			}
			return []reconcile.Entry{{Key: reconcile.Key{Subject: orderName(one)}, Value: hex.EncodeToString(priced.GetSnapshotHash())}}, nil
		}),
		// Nothing remains of it to be shipped: completed, cancelled or rejected.
		naming("order.ended", func(_ *page, one store.Stored) bool {
			return !one.Order.CompletedAt.IsZero() || one.Order.State == domain.Rejected || one.Order.State == domain.Cancelled
		}),
		// A process is at work on it, and not stuck: what it has asked others for may not be noted yet.
		naming("order.at_work", func(p *page, one store.Stored) bool { return p.calling[one.Order.ID] }),
	}
}

// documentsOf is what an ERP must have of an order, beside what is told while it goes on: that it was accepted, and how much of it will
// not be shipped where it ended so. Of one that ended before that was told, nobody knows what the ERP has.
func documentsOf(one store.Stored) []reconcile.Entry {
	order, name := one.Order, orderName(one)
	if order.AcceptedAt.IsZero() {
		return nil
	}
	entries := []reconcile.Entry{{Key: reconcile.Key{Subject: name}, Value: "1"}}
	if !order.Ended() || order.NotToShip() == 0 {
		return entries
	}
	closure := reconcile.Entry{Key: reconcile.Key{Subject: reconcile.Closure(name)}, Value: reconcile.Unknown}
	if order.Closes {
		closure.Value = strconv.FormatInt(order.NotToShip(), 10)
	}
	return append(entries, closure)
}

func orderName(one store.Stored) string { return id.Format(id.Order, one.Order.ID) }

// figure makes a figure of what of it stands on one order.
func figure(name string, of func(p *page, one store.Stored) ([]reconcile.Entry, error)) reconcile.Figure {
	return reconcile.Figure{Name: name, Read: func(ctx context.Context, db *database.DB, after string, _ int) (reconcile.Page, error) {
		var from uuid.UUID
		if after != "" {
			var err error
			if from, err = id.Parse(id.Order, after); err != nil {
				return reconcile.Page{}, err
			}
		}
		p, err := database.Tx(ctx, db, "read_figure", func(tx database.Transaction) (*page, error) {
			return loadPage(ctx, tx, from)
		})
		if err != nil {
			return reconcile.Page{}, err
		}
		read := reconcile.Page{}
		for _, one := range p.orders {
			entries, err := of(p, one)
			if err != nil {
				return reconcile.Page{}, err
			}
			for i := range entries {
				entries[i].Order = orderName(one)
			}
			read.Entries = append(read.Entries, entries...)
		}
		if len(p.orders) > 0 {
			read.Next = orderName(p.orders[len(p.orders)-1])
		}
		return read, nil
	}}
}

func byLine(name string, bucket func(*domain.Line) int64) reconcile.Figure {
	return figure(name, func(_ *page, one store.Stored) ([]reconcile.Entry, error) {
		quantities := map[reconcile.Key]int64{}
		eachQuantity(one, func(key reconcile.Key, line *domain.Line) { quantities[key] = bucket(line) })
		return reconcile.Quantities(quantities), nil
	})
}

// naming makes a figure that is 1 for the orders that are meant.
func naming(name string, meant func(p *page, one store.Stored) bool) reconcile.Figure {
	return figure(name, func(p *page, one store.Stored) ([]reconcile.Entry, error) {
		if !meant(p, one) {
			return nil, nil
		}
		return []reconcile.Entry{{Key: reconcile.Key{Subject: orderName(one)}, Value: "1"}}, nil
	})
}

func eachQuantity(one store.Stored, visit func(key reconcile.Key, line *domain.Line)) {
	for i := range one.Order.Lines {
		visit(reconcile.Key{Subject: orderName(one), Line: int32(i + 1)}, &one.Order.Lines[i])
	}
}
