package operations

import (
	"context"
	"fmt"
	"strings"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// repair has the owning service do what a repair says. What it refuses comes back as its fault.
func (s *Service) repair(ctx context.Context, broken *domain.Break, command store.RepairCommand) error {
	key := fmt.Sprintf("break/%s/%d", broken.ID, command.Position)
	switch command.Repair {
	case domain.ReleasePromise:
		return s.releasePromise(ctx, broken, key, command.Reason)
	case domain.RebuildBalance:
		_, err := s.stock.RebuildBalances(ctx, &inventoryv1.RebuildBalancesRequest{
			Balances: []*inventoryv1.BalanceToRebuild{{Sku: broken.SKU, NodeId: broken.Node}}, Reason: command.Reason,
		})
		return err
	case domain.Recount:
		return s.count(ctx, domain.Exception{
			Node: broken.Node, Context: map[string]string{domain.ContextSKU: broken.SKU},
		}, key, command.Input)
	case domain.PostToERP:
		return s.postAgain(ctx, broken, command)
	case domain.InvoiceShipment:
		return s.invoiceShipment(ctx, broken)
	case domain.VoidPayment:
		_, err := s.billing.VoidOrderPayments(ctx, &billingv1.VoidOrderPaymentsRequest{OrderId: broken.Order})
		return err
	default:
		return fault.New(fault.Precondition, "REPAIR_BY_PERSON", "no command is safe. %s", broken.Guidance)
	}
}

// releasePromise gives back what is promised beyond what the order counts on, as the break says.
func (s *Service) releasePromise(ctx context.Context, broken *domain.Break, key, reason string) error {
	excess, ok := domain.Excess(broken.Difference)
	if !ok || excess <= 0 {
		return fault.New(fault.Precondition, "REPAIR_NOT_FITTING", "nothing is promised beyond what the order counts on")
	}
	_, err := s.stock.CancelReservation(ctx, &inventoryv1.CancelReservationRequest{
		Cancellations: []*inventoryv1.ReservationCancellation{{
			Key: key, OrderId: broken.Order, Reason: reason,
			Lines: []*inventoryv1.ReservationCancellationLine{{LineNumber: broken.Line, NodeId: broken.Node, Quantity: excess}},
		}},
	})
	return err
}

// postAgain queues the document of a break for the ERP, with its content from the service that has it.
func (s *Service) postAgain(ctx context.Context, broken *domain.Break, command store.RepairCommand) error {
	document := &erpv1.ErpDocument{DocumentId: broken.Document, OrderId: broken.Order}
	prefix, _, _ := strings.Cut(broken.Entity, "_")
	switch {
	case prefix == id.Invoice:
		reply, err := s.billing.GetInvoice(ctx, &billingv1.GetInvoiceRequest{InvoiceId: broken.Document})
		if err != nil {
			return err
		}
		document.OrderId, document.Content = reply.GetInvoice().GetOrderId(), &erpv1.ErpDocument_Invoice{Invoice: reply.GetInvoice()}
	case prefix == id.CreditMemo:
		reply, err := s.billing.GetCreditMemo(ctx, &billingv1.GetCreditMemoRequest{CreditMemoId: broken.Document})
		if err != nil {
			return err
		}
		document.OrderId, document.Content = reply.GetCreditMemo().GetOrderId(), &erpv1.ErpDocument_CreditMemo{CreditMemo: reply.GetCreditMemo()}
	case prefix == id.Journal:
		reply, err := s.billing.GetWriteOff(ctx, &billingv1.GetWriteOffRequest{JournalId: broken.Document})
		if err != nil {
			return err
		}
		document.OrderId, document.Content = reply.GetWriteOff().GetOrderId(), &erpv1.ErpDocument_WriteOff{WriteOff: reply.GetWriteOff()}
	case broken.Entity == reconcile.Closure(broken.Order):
		reply, err := s.orders.GetOrderEnd(ctx, &orderv1.GetOrderEndRequest{OrderId: broken.Order})
		if err != nil {
			return err
		}
		document.DocumentId, document.Content = broken.Entity, &erpv1.ErpDocument_OrderClosure{OrderClosure: closureOf(broken.Order, reply)}
	default:
		reply, err := s.orders.GetPricedOrder(ctx, &orderv1.GetPricedOrderRequest{OrderId: broken.Order})
		if err != nil {
			return err
		}
		document.DocumentId, document.Content = broken.Order+"/0", &erpv1.ErpDocument_Order{Order: reply.GetOrder()}
	}
	_, err := s.backoffice.PostAgain(ctx, &backofficev1.PostAgainRequest{
		Documents: []*erpv1.ErpDocument{document}, Reason: command.Reason, Actor: command.Actor,
	})
	return err
}

// closureOf is what the ERP is told of an order that has ended. Who cancelled it, the order does not keep.
func closureOf(order string, end *orderv1.GetOrderEndResponse) *erpv1.OrderClosure {
	closure := &erpv1.OrderClosure{OrderId: order, ClosedAt: end.GetEndedAt(), Reason: end.GetReason(), Invoices: end.GetInvoices()}
	for _, line := range end.GetLines() {
		closure.Lines = append(closure.Lines, &erpv1.LineClosure{
			LineNumber: line.GetLineNumber(), Ordered: line.GetOrdered(), Shipped: line.GetShipped(), NotToShip: line.GetCancelled(),
		})
	}
	return closure
}

// invoiceShipment has billing draft the invoice of a shipment as fulfillment knows it.
func (s *Service) invoiceShipment(ctx context.Context, broken *domain.Break) error {
	left, err := s.fulfillments.GetShipment(ctx, &fulfillmentv1.GetShipmentRequest{ShipmentId: broken.Document})
	if err != nil {
		return err
	}
	drafted, err := s.billing.InvoiceShipment(ctx, &billingv1.InvoiceShipmentRequest{Shipment: left.GetShipment()})
	if err == nil && !drafted.GetDrafted() {
		return fault.New(fault.Precondition, "INVOICE_EXISTS", "the shipment has an invoice: it lacks a line, which needs an invoice by hand")
	}
	return err
}
