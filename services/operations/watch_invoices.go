package operations

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// invoicePage is how many late invoices one transaction tells of.
const invoicePage = 200

// watchInvoices opens exceptions for what left long ago and is not invoiced, until ctx ends.
func (s *Service) watchInvoices(ctx context.Context) error {
	return s.everyNow(ctx, "late invoices", s.config.InvoiceWithin/invoiceLooks, s.lateInvoices)
}

// invoiceLooks is how often within the time of an invoice late ones are looked for.
const invoiceLooks = 60

func (s *Service) lateInvoices(ctx context.Context) (more bool, err error) {
	if !s.owner.Leases().Holds(0) {
		return false, nil
	}
	now := s.now()
	taken, err := database.Tx(ctx, s.db, "late_invoices", func(tx database.Transaction) (int, error) {
		late, err := store.TakeOverdueInvoices(ctx, tx, now.Add(-s.config.InvoiceWithin), invoicePage)
		if err != nil {
			return 0, err
		}
		troubles := make([]domain.Trouble, 0, len(late))
		for _, shipment := range late {
			troubles = append(troubles, domain.Trouble{
				Key: uninvoicedKey(shipment.Shipment), Class: domain.ShippedNotInvoiced, Order: shipment.Order, Node: shipment.Node,
				Subject: domain.Subject{Kind: "fulfillment.shipment", ID: shipment.Shipment}, Reason: "INVOICE_LATE", SeenAt: now,
				Message: fmt.Sprintf("it left at %s and is not invoiced", shipment.ShippedAt.UTC().Format("2006-01-02 15:04:05")),
				Context: facts(domain.ContextShipment, shipment.Shipment),
			})
		}
		return len(late), s.take(ctx, tx, troubles)
	})
	return taken == invoicePage, err
}
