package billing

import (
	"context"
	"fmt"
	"strconv"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// broken collects breaks.
type broken struct{ breaks []invariant.Break }

func (b *broken) add(entity string, left, right int64, detail string) {
	b.breaks = append(b.breaks, invariant.Break{
		Entity: entity, Left: strconv.FormatInt(left, 10), Right: strconv.FormatInt(right, 10), Detail: detail,
	})
}

func (b *broken) full() bool { return len(b.breaks) >= invariant.MaxBreaks }

func (b *broken) all() []invariant.Break { return b.breaks[:min(len(b.breaks), invariant.MaxBreaks)] }

// checkPrices computes what of every order was invoiced anew, from the snapshot, and compares it with the invoice lines and
// with what the order's progress says. Both sides of a line are read in one statement.
func checkPrices(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	var found broken
	err := store.EachInvoicedOrder(ctx, db.Pool(), func(invoiced store.InvoicedOrder) error {
		if found.full() {
			return nil
		}
		order, err := orderFromSnapshot(invoiced.Snapshot)
		if err != nil {
			return err
		}
		for number, kept := range invoiced.Progress {
			if _, ok := invoiced.Lines[number]; !ok && kept.Shipped != 0 {
				invoiced.Lines[number] = domain.LineProgress{}
			}
		}
		for number, line := range invoiced.Lines {
			entity := fmt.Sprintf("%s line %d", id.Format(id.Order, order.ID), number)
			if kept := invoiced.Progress[number]; kept.Shipped != line.Shipped || kept.Net != line.Net {
				found.add(entity, line.Shipped, kept.Shipped, "quantity on invoices, and in the order's progress")
			}
		}
		found.comparePrices(order, invoiced.Lines)
		return nil
	})
	return found.all(), err
}

// comparePrices compares what was invoiced with what price and quantity give: line by line, or of the order as a whole where
// documents are rounded once.
func (b *broken) comparePrices(order *domain.Order, lines domain.Progress) {
	name := id.Format(id.Order, order.ID)
	if order.TaxMode == money.PerDocument {
		var sum money.Minor
		for _, line := range lines {
			sum += line.Net
		}
		if want, err := order.Rounded(lines); err != nil || want != sum {
			b.add(name, sum, want, "invoiced of the order, and what prices and quantities give")
		}
		return
	}
	for number, line := range lines {
		if want, err := order.Invoiced(number, line.Shipped); err != nil || want != line.Net {
			b.add(fmt.Sprintf("%s line %d", name, number), line.Net, want, "invoiced, and what price and quantity give")
		}
	}
}

// checkCharges computes what of the charges of every order is due anew. Of an order that was amended, the invoices and its
// progress are compared only: what was invoiced before stays, and the next shipment evens out what the new spread makes of it.
func checkCharges(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	var found broken
	err := store.EachChargedOrder(ctx, db.Pool(), func(charged store.ChargedOrder) error {
		if found.full() {
			return nil
		}
		order, err := orderFromSnapshot(charged.Snapshot)
		if err != nil {
			return err
		}
		for at := range max(len(charged.Kept), len(order.Charges)) {
			entity := fmt.Sprintf("%s charge %d", id.Format(id.Order, order.ID), at+1)
			var kept, due money.Minor
			if at < len(charged.Kept) {
				kept = charged.Kept[at]
			}
			if kept != charged.Invoiced[at] {
				found.add(entity, charged.Invoiced[at], kept, "on invoices, and in the order's progress")
			}
			if at < len(order.Charges) {
				if due, err = order.ChargeDue(at, charged.Progress); err != nil {
					return err
				}
			}
			if kept != due && order.Revision == 0 && !charged.Amended {
				found.add(entity, kept, due, "invoiced, and what the shipped quantities give")
			}
		}
		return nil
	})
	return found.all(), err
}
