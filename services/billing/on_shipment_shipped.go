package billing

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// shippedMessage is a shipment with the id of the event that told of it.
type shippedMessage struct {
	domain.Shipment
	event string
}

// onShipmentShipped drafts the invoice of each shipment, once however often it is told. A shipment whose order is not known yet waits, alone.
func (s *Service) onShipmentShipped(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	shipments := make([]shippedMessage, 0, len(batch))
	for _, message := range batch {
		event, ok := message.Payload.(*fulfillmentv1.ShipmentShipped)
		if !ok {
			continue
		}
		shipment, err := shipmentFromProto(event.GetShipment())
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		shipments = append(shipments, shippedMessage{shipment, message.ID})
	}
	if len(shipments) == 0 {
		return nil
	}
	_, err := s.draftInvoices(ctx, tx, shipments)
	return err
}

// draftInvoices drafts the invoices of the shipments that have none, and says how many.
func (s *Service) draftInvoices(ctx context.Context, tx database.Transaction, shipments []shippedMessage) (int, error) {
	invoiced, err := invoicedBefore(ctx, tx, shipments)
	if err != nil {
		return 0, err
	}
	book, err := openForShipments(ctx, tx, shipments)
	if err != nil {
		return 0, err
	}
	invoices, unbilled, err := draft(book, shipments, invoiced)
	if err != nil {
		return 0, err
	}
	if err := store.KeepUnbilled(ctx, tx, unbilled); err != nil {
		return 0, err
	}
	if err := store.AddInvoices(ctx, tx, invoices, s.now()); err != nil {
		return 0, err
	}
	tx.Notify(topicPending)
	return len(invoices), s.saveBook(ctx, tx, book, convertAll(invoices, invoiceDrafted)...)
}

func invoicedBefore(ctx context.Context, tx database.Transaction, shipments []shippedMessage) (map[uuid.UUID]bool, error) {
	ids := make([]uuid.UUID, 0, len(shipments))
	for _, shipment := range shipments {
		ids = append(ids, shipment.ID)
	}
	return store.InvoicedShipments(ctx, tx, ids)
}

func openForShipments(ctx context.Context, tx database.Transaction, shipments []shippedMessage) (*domain.Book, error) {
	ids := make([]uuid.UUID, 0, len(shipments))
	for _, shipment := range shipments {
		ids = append(ids, shipment.Order)
	}
	orders, claims, err := loadOrders(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	if err := allKnown(orders, shipments); err != nil {
		return nil, err
	}
	return domain.NewBook(nil, claims, orders, nil), nil
}

// allKnown names the events whose orders are not known, so that the others need not wait with them.
func allKnown(orders []*domain.KnownOrder, shipments []shippedMessage) error {
	known := make(map[uuid.UUID]bool, len(orders))
	for _, order := range orders {
		known[order.ID] = true
	}
	var early []string
	for _, shipment := range shipments {
		if !known[shipment.Order] {
			early = append(early, shipment.event)
		}
	}
	if len(early) == 0 {
		return nil
	}
	return inbox.Blame(fault.New(fault.Unavailable, domain.ReasonOrderUnknown, "the order's prices have not come yet"), early...)
}

// draft makes the invoices of the shipments that have none. Unbilled are the shipments of which nothing is billed.
func draft(
	book *domain.Book, shipments []shippedMessage, invoiced map[uuid.UUID]bool,
) (invoices []*domain.Invoice, unbilled []uuid.UUID, err error) {
	for _, shipment := range shipments {
		if invoiced[shipment.ID] {
			continue
		}
		invoiced[shipment.ID] = true
		invoice, err := book.Ship(shipment.Shipment, id.New())
		if err != nil {
			return nil, nil, inbox.Blame(fmt.Errorf("shipment %s: %w", shipment.ID, err), shipment.event)
		}
		if invoice == nil {
			unbilled = append(unbilled, shipment.ID)
			continue
		}
		invoice.EventSequence = 1
		invoices = append(invoices, invoice)
	}
	return invoices, unbilled, nil
}
