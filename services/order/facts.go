package order

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// Subscriptions are whose events this service follows. What it books on orders goes on to warehouses, but for its copies of master
// data.
func (s *Service) Subscriptions() []inbox.Subscription {
	return []inbox.Subscription{
		{
			Consumer:   "order-masterdata",
			Aggregates: []string{"masterdata.item", "masterdata.account", "masterdata.price", "masterdata.legal_entity"},
			Effects:    inbox.StayInside, Handle: s.onMasterDataChanged,
		},
		{Consumer: "order-inventory", Aggregates: []string{"inventory.reservation"}, Effects: inbox.CallOutside, Handle: s.onFacts},
		{
			Consumer:   "order-fulfillment",
			Aggregates: []string{"fulfillment.fulfillment", "fulfillment.shipment", "fulfillment.return"},
			Effects:    inbox.CallOutside, Handle: s.onFacts,
		},
		{
			Consumer: "order-billing", Aggregates: []string{"billing.invoice", "billing.order_credit"},
			Effects: inbox.CallOutside, Handle: s.onFacts,
		},
	}
}

// fact is what an event says about an order.
type fact struct {
	order uuid.UUID
	book  func(o *domain.Order)
}

// onFacts books what a set of events says on their orders, and starts what follows from it, in the consumer's
// transaction.
func (s *Service) onFacts(ctx context.Context, tx database.Transaction, messages []inbox.Message) error {
	facts := make([]fact, 0, len(messages))
	for _, message := range messages {
		one, err := s.factOf(message)
		if err != nil {
			return inbox.Blame(err, message.ID)
		}
		if one.book != nil {
			facts = append(facts, one)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, 0, len(facts))
	for _, one := range facts {
		ids = append(ids, one.order)
	}
	orders, err := store.LockOrders(ctx, tx, unique(ids))
	if err != nil {
		return err
	}
	c := newChanges(orders, s.now())
	for _, one := range facts {
		order := orders[one.order]
		if order == nil {
			return fmt.Errorf("an event about order %s, which does not exist", one.order)
		}
		one.book(order)
		c.changed[one.order] = true
	}
	return c.commit(ctx, tx)
}

// commit plans, tells and saves all changed orders.
func (c *changes) commit(ctx context.Context, tx database.Transaction) error {
	for _, changed := range sortedIDs(c.changed) {
		c.started = append(c.started, process.Plan(c.orders[changed], c.now)...)
	}
	if err := c.follow(ctx, tx); err != nil {
		return err
	}
	_, err := c.save(ctx, tx, database.NewPipeline(tx))
	return err
}

// factAbout names the order of a fact as events do.
func factAbout(orderID string, book func(o *domain.Order)) (fact, error) {
	order, err := id.Parse(id.Order, orderID)
	return fact{order: order, book: book}, err
}

// factOf is what a message says; no book: it says nothing that matters here. What a warehouse created, sent, acknowledged,
// picked or closed moves no unit of an order, and neither does its refusal to stop: it goes on, and what becomes of it
// is told by its shipments.
func (s *Service) factOf(message inbox.Message) (fact, error) {
	switch event := message.Payload.(type) {
	case *inventoryv1.ReservationReserved:
		return s.onReservationReserved(event)
	case *inventoryv1.ReservationRevoked:
		return s.onReservationRevoked(event)
	case *fulfillmentv1.FulfillmentShorted:
		return s.onFulfillmentShorted(event)
	case *fulfillmentv1.FulfillmentRejected:
		return s.onFulfillmentRejected(event)
	case *fulfillmentv1.FulfillmentCancelled:
		return s.onFulfillmentCancelled(event)
	case *fulfillmentv1.ShipmentShipped:
		return s.onShipmentShipped(event)
	case *billingv1.InvoiceIssued:
		return s.onInvoiceIssued(event)
	case *fulfillmentv1.ReturnReceived:
		return s.onReturnReceived(event)
	case *billingv1.InvoicePaid:
		return s.onInvoicePaid(event)
	case *billingv1.OrderCreditBlocked:
		return s.onOrderCreditBlocked(event)
	case *billingv1.OrderCreditFreed:
		return s.onOrderCreditFreed(event)
	default:
		return fact{}, nil
	}
}
