package operations

import (
	"fmt"
	"slices"
	"strings"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// troublesOf is what of an event needs a person, and which troubles it ends. A trouble and what ends it are told by the same
// aggregate wherever that can be, so they come in their order.
func troublesOf(message inbox.Message) []domain.Trouble {
	troubles := slices.Concat(orderTroubles(message), otherTroubles(message), breakTroubles(message))
	for i := range troubles {
		t := &troubles[i]
		t.SeenAt, t.Event = message.RecordedAt, message.ID
		if t.Subject == (domain.Subject{}) {
			t.Subject = domain.Subject{Kind: message.Kind, ID: message.Aggregate}
		}
		if !isOrder(t.Order) {
			t.Order = ""
		}
		if t.Order == "" && isOrder(message.CorrelationID) {
			t.Order = message.CorrelationID
		}
	}
	return troubles
}

func orderTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *orderv1.OrderHeld:
		kind := plain(event.GetHold().GetType(), holdPrefix)
		return []domain.Trouble{{
			Key: holdKey(event.GetOrderId(), kind), Class: domain.HoldClass(kind), Order: event.GetOrderId(),
			Reason: event.GetHold().GetReason(), Message: event.GetHold().GetMessage(),
			Context: map[string]string{"placed_by": event.GetHold().GetActor()},
		}}
	case *orderv1.OrderHoldReleased:
		return []domain.Trouble{ended(holdKey(event.GetOrderId(), plain(event.GetType(), holdPrefix)), because("the hold was lifted", event.GetReason()))}
	case *orderv1.OrderCancelled:
		return holdsEnded(event.GetOrderId(), because("the order was cancelled", event.GetReason()))
	case *orderv1.OrderRejected:
		return holdsEnded(event.GetOrderId(), "the order was rejected")
	case *orderv1.OrderExceptionOpened:
		return []domain.Trouble{{
			Key: exceptionKey(message), Class: domain.OrderClass(event.GetReason()), Order: event.GetOrderId(),
			Subject: domain.Subject{Kind: orderKind, ID: event.GetOrderId()}, Reason: event.GetReason(), Message: event.GetMessage(),
			Context: facts(domain.ContextProcess, event.GetProcessId(), domain.ContextShipment, event.GetShipmentId()),
		}}
	case *orderv1.OrderExceptionResolved:
		return []domain.Trouble{ended(exceptionKey(message), "what was wrong with the order is over")}
	}
	return nil
}

func otherTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *fulfillmentv1.FulfillmentExceptionOpened:
		exception := event.GetException()
		return []domain.Trouble{{
			Key: exceptionKey(message), Class: domain.ShipmentClass(exception.GetKind()), Order: event.GetOrderId(), Node: exception.GetNodeId(),
			Reason: exception.GetReason(), Message: exception.GetMessage(), Context: facts(domain.ContextException, event.GetExceptionId(),
				domain.ContextShipment, exception.GetShipmentId(), "fulfillment_id", exception.GetFulfillmentId(), "report", exception.GetReport()),
		}}
	case *fulfillmentv1.FulfillmentExceptionResolved:
		return []domain.Trouble{ended(exceptionKey(message), event.GetException().GetResolution())}
	case *fulfillmentv1.ReturnReceived:
		if back := event.GetReturnDocument(); back.GetBlind() {
			return []domain.Trouble{{
				Key: "blind/" + event.GetReturnId(), Class: domain.BlindReturn, Order: back.GetOrderId(), Partner: back.GetPartnerId(),
				Node: back.GetNodeId(), Reason: "BLIND_RETURN", Message: "goods came back that nobody had allowed to",
			}}
		}
	case *fulfillmentv1.ReturnAuthorized:
		return []domain.Trouble{ended("blind/"+event.GetReturnId(), "the return was authorised")}
	case *fulfillmentv1.ReturnClosed:
		return []domain.Trouble{ended("blind/"+event.GetReturnId(), "the return was closed")}
	case *fulfillmentv1.ReceiptClosed:
		if receipt := event.GetReceipt(); event.GetDiscrepancy() {
			return []domain.Trouble{{
				Key: "receipt/" + event.GetReceiptId(), Class: domain.ReceiptDiscrepancy, Node: receipt.GetNodeId(), Reason: "DISCREPANCY",
				Message: because("what came differs from what was announced", receipt.GetAsnNumber()),
				Context: facts("supplier_id", receipt.GetSupplierId(), "purchase_order", receipt.GetPurchaseOrder()),
			}}
		}
	case *inventoryv1.StockFrozen:
		return []domain.Trouble{{
			Key: "stock/" + event.GetStockKey(), Class: domain.StockImpossible, Node: event.GetNodeId(), Reason: "STOCK_IMPOSSIBLE",
			Message: fmt.Sprintf("%s in %s: %d base units would be missing; it is frozen until it is counted", event.GetSku(), event.GetNodeId(), event.GetMissing()),
			Context: facts(domain.ContextSKU, event.GetSku(), "source_document", event.GetSourceDocument()),
		}}
	case *inventoryv1.StockUnfrozen:
		return []domain.Trouble{ended("stock/"+event.GetStockKey(), "everything is posted")}
	}
	return slices.Concat(invoiceTroubles(message), paymentTroubles(message), deliveryTroubles(message), masterTroubles(message), erpTroubles(message))
}

func invoiceTroubles(message inbox.Message) []domain.Trouble {
	switch event := message.Payload.(type) {
	case *billingv1.TaxDeferred:
		return []domain.Trouble{{
			Key: "deferred/" + event.GetInvoiceId(), Class: domain.InvoiceDeferred, Reason: event.GetReason(),
			Message: fmt.Sprintf("the invoice could not be issued in %d tries", event.GetAttempts()),
		}}
	case *billingv1.InvoiceIssued:
		invoice := event.GetInvoice()
		return []domain.Trouble{
			ended("deferred/"+event.GetInvoiceId(), "the invoice was issued"),
			ended(uninvoicedKey(invoice.GetShipmentId()), "the invoice was issued"),
		}
	case *billingv1.InvoiceDiscarded:
		return []domain.Trouble{ended("deferred/"+event.GetInvoiceId(), because("the draft was put aside", event.GetReason()))}
	case *billingv1.InvoiceDisputeChanged:
		if !event.GetDisputed() {
			return []domain.Trouble{ended("dispute/"+event.GetInvoiceId(), because("the dispute is over", event.GetReason()))}
		}
		return []domain.Trouble{{
			Key: "dispute/" + event.GetInvoiceId(), Class: domain.InvoiceDisputed, Order: event.GetOrderId(), Reason: "DISPUTED",
			Message: event.GetReason(),
		}}
	}
	return nil
}

const (
	orderKind  = "order.order"
	holdPrefix = "HOLD_TYPE_"
)

func ended(key, resolution string) domain.Trouble {
	return domain.Trouble{Key: key, Over: true, Resolution: resolution}
}

func holdKey(order, kind string) string { return "hold/" + order + "/" + kind }

func exceptionKey(message inbox.Message) string { return inbox.Key(message.Kind, message.Aggregate) }

func uninvoicedKey(shipment string) string { return "uninvoiced/" + shipment }

// holdsEnded ends the troubles of all holds of an order that has ended.
func holdsEnded(order, resolution string) []domain.Trouble {
	var troubles []domain.Trouble
	for number, name := range orderv1.HoldType_name {
		if number != 0 {
			troubles = append(troubles, ended(holdKey(order, strings.TrimPrefix(name, holdPrefix)), resolution))
		}
	}
	return troubles
}

// facts are a context out of names and values, without the empty ones.
func facts(pairs ...string) map[string]string {
	found := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			found[pairs[i]] = pairs[i+1]
		}
	}
	return found
}
