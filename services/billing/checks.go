package billing

import (
	"context"
	"fmt"
	"strconv"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// Checks are the invariants of billing's own tables.
func Checks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "billing.B1", Rule: "one invoice per shipment, one invoice line per shipment line",
			Examined:    invariant.Count("invoice"),
			Description: "a shipment is invoiced twice, or an invoice has no lines",
			Run:         invariant.Query(store.CheckInvoicedOnce),
		},
		{
			Name: "billing.B2", Rule: "numbers of a legal entity = 1 … last, each once",
			Examined:    invariant.Count("invoice"),
			Description: "an invoice number is missing or was given twice",
			Run:         invariant.Query(store.CheckNumbers),
		},
		{
			Name: "billing.B2.journal", Rule: "Σ debits = Σ credits per journal; receivable = total; an issued invoice has its journal",
			Examined:    invariant.Count("journal"),
			Description: "a posting is out of balance, or is not that of its invoice",
			Run:         invariant.Query(store.CheckJournals),
		},
		{
			Name: "billing.B3", Rule: "invoice = Σ lines, tax = Σ taxes of its lines",
			Examined:    invariant.Count("invoice"),
			Description: "the head of an invoice and its lines differ",
			Run:         invariant.Query(store.CheckTotals),
		},
		{
			Name: "billing.B4", Rule: "invoiced of an order line = round(price × invoiced quantity) by the order's snapshot",
			Examined:    invariant.Count("invoice_line"),
			Description: "an order line was invoiced at another price, or its parts do not add up",
			Run:         checkPrices,
		},
		{
			Name: "billing.queue", Rule: "an invoice waits in the queue exactly while its tax is pending",
			Examined:    invariant.Count("invoice"),
			Description: "an invoice would never be issued, or twice",
			Run:         invariant.Query(store.CheckQueue),
		},
		{
			Name: "billing.E", Rule: "credit row = Σ open claims + Σ pending invoices + Σ issued invoices",
			Examined:    invariant.Count("credit"),
			Description: "the exposure of an account is not what its orders and invoices say",
			Run:         invariant.Query(store.CheckExposure),
		},
	}
}

// checkPrices computes what of every order line was invoiced anew, from the snapshot, and compares it with the invoice
// lines and with what the order's progress says. Both sides of a line are read in one statement.
func checkPrices(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	var breaks []invariant.Break
	err := store.EachInvoicedOrder(ctx, db.Pool(), func(invoiced store.InvoicedOrder) error {
		if len(breaks) >= invariant.MaxBreaks {
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
			want, err := order.Invoiced(number, line.Shipped)
			entity := fmt.Sprintf("%s line %d", id.Format(id.Order, order.ID), number)
			switch {
			case err != nil:
				breaks = append(breaks, invariant.Break{Entity: entity, Detail: err.Error()})
			case want != line.Net:
				breaks = append(breaks, invariant.Break{
					Entity: entity, Left: strconv.FormatInt(line.Net, 10), Right: strconv.FormatInt(want, 10),
					Detail: "invoiced, and what price and quantity give",
				})
			}
			if kept := invoiced.Progress[number]; kept.Shipped != line.Shipped || kept.Net != line.Net {
				breaks = append(breaks, invariant.Break{
					Entity: entity, Left: strconv.FormatInt(line.Shipped, 10), Right: strconv.FormatInt(kept.Shipped, 10),
					Detail: "quantity on invoices, and in the order's progress",
				})
			}
		}
		return nil
	})
	return breaks[:min(len(breaks), invariant.MaxBreaks)], err
}
