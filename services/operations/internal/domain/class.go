package domain

import (
	"maps"
	"slices"
)

// Class is a kind of trouble.
type Class string

// Action is something that can be done about an exception.
type Action string

// The actions.
const (
	Retry        Action = "RETRY"
	Skip         Action = "SKIP"
	ReplaceInput Action = "REPLACE_INPUT"
	Cancel       Action = "CANCEL"
	Accept       Action = "ACCEPT"
)

// The classes. HoldClass makes those of holds.
const (
	ProcessStuck       Class = "PROCESS_STUCK"
	UnexpectedShipment Class = "UNEXPECTED_SHIPMENT"
	UnexpectedReturn   Class = "UNEXPECTED_RETURN"
	UnknownLine        Class = "UNKNOWN_LINE"
	SourcingExhausted  Class = "SOURCING_EXHAUSTED"
	FulfillmentRefused Class = "FULFILLMENT_REFUSED"
	OrderSurprise      Class = "ORDER_SURPRISE"
	ShipmentFlawed     Class = "SHIPMENT_FLAWED"
	ShipmentLost       Class = "SHIPMENT_LOST"
	ReturnedToSender   Class = "RETURNED_TO_SENDER"
	MilestonesDiffer   Class = "MILESTONES_DIFFER"
	ReportUnknown      Class = "REPORT_UNKNOWN"
	ReportRefused      Class = "REPORT_REFUSED"
	BlindReturn        Class = "BLIND_RETURN"
	ReceiptDiscrepancy Class = "RECEIPT_DISCREPANCY"
	StockImpossible    Class = "STOCK_IMPOSSIBLE"
	InvoiceDeferred    Class = "INVOICE_DEFERRED"
	InvoiceDisputed    Class = "INVOICE_DISPUTED"
	ShippedNotInvoiced Class = "SHIPPED_NOT_INVOICED"
	PaymentDeclined    Class = "PAYMENT_DECLINED"
	PaymentUnknown     Class = "PAYMENT_UNKNOWN"
	AccountStopped     Class = "ACCOUNT_STOPPED"
	DeadLetter         Class = "DEAD_LETTER"
	// MasterRefused is what the ERP says of an item, a customer or a price and could not be taken.
	MasterRefused Class = "MASTER_REFUSED"
	// ERPRefused is a document that the ERP does not take.
	ERPRefused Class = "ERP_REFUSED"
	// OrdersDisagree, StockDisagrees and MoneyDisagrees are what a reconciliation found.
	OrdersDisagree Class = "ORDERS_DISAGREE"
	StockDisagrees Class = "STOCK_DISAGREES"
	MoneyDisagrees Class = "MONEY_DISAGREES"
)

// HoldClass is the class of a kind of hold.
func HoldClass(kind string) Class { return Class("HOLD_" + kind) }

// HoldKind is the kind of hold of a class; false: it is of no hold.
func (c Class) HoldKind() (string, bool) {
	const prefix = "HOLD_"
	if len(c) <= len(prefix) || c[:len(prefix)] != prefix {
		return "", false
	}
	return string(c[len(prefix):]), true
}

// RetryIsTold reports whether a fact says that what was tried again is over: to try it again does not end the exception.
func (c Class) RetryIsTold() bool { return c == ProcessStuck || c == MasterRefused || c == ERPRefused }

// nature is what a class is like.
type nature struct {
	severity Severity
	actions  []Action
}

// natures are all classes. A hold is lifted by ACCEPT; where what was missing may have come, RETRY says so. STALE_DATA has no RETRY:
// the order asks the ERP again by itself, and who lifts the hold takes the order without its answer, which is to accept.
func natures() map[Class]nature {
	hold, again := []Action{Accept, Cancel}, []Action{Retry, Accept, Cancel}
	seen := []Action{Skip}
	return map[Class]nature{
		HoldClass("CREDIT"): {Medium, hold}, HoldClass("PRICE"): {Medium, hold}, HoldClass("DUPLICATE"): {Low, hold},
		HoldClass("ADDRESS"): {Medium, again}, HoldClass("ITEM"): {Medium, again}, HoldClass("COMPLIANCE"): {High, hold},
		HoldClass("FRAUD"): {High, hold}, HoldClass("STALE_DATA"): {Medium, hold}, HoldClass("MANUAL"): {Low, hold},
		ProcessStuck:       {Critical, []Action{Retry, Cancel}},
		UnexpectedShipment: {High, []Action{Accept, Cancel, Skip}},
		UnexpectedReturn:   {Medium, seen}, UnknownLine: {Medium, seen}, SourcingExhausted: {Medium, []Action{Cancel, Skip}},
		FulfillmentRefused: {High, []Action{Cancel, Skip}}, OrderSurprise: {Medium, seen},
		ShipmentFlawed: {Low, seen}, ShipmentLost: {High, seen}, ReturnedToSender: {Medium, seen}, MilestonesDiffer: {Low, seen},
		ReportUnknown: {Medium, seen}, ReportRefused: {Medium, seen},
		BlindReturn: {Medium, seen}, ReceiptDiscrepancy: {Low, seen},
		StockImpossible: {High, []Action{ReplaceInput}},
		InvoiceDeferred: {High, seen}, InvoiceDisputed: {Medium, seen}, ShippedNotInvoiced: {Critical, seen},
		PaymentDeclined: {High, seen}, PaymentUnknown: {Medium, seen}, AccountStopped: {High, []Action{Accept, Skip}},
		DeadLetter:     {High, []Action{Retry, Skip}},
		MasterRefused:  {Medium, []Action{Retry, Skip}},
		ERPRefused:     {High, []Action{Retry}},
		OrdersDisagree: {High, seen}, StockDisagrees: {High, seen}, MoneyDisagrees: {High, seen},
	}
}

// Severity is how bad exceptions of a class are where no rule says otherwise.
func (c Class) Severity() Severity {
	if severity := natures()[c].severity; severity != 0 {
		return severity
	}
	return Medium // of a class that this release does not know
}

// Classes are all classes, sorted.
func Classes() []Class { return slices.Sorted(maps.Keys(natures())) }

// OrderClass is the class of what an order's own service says needs a person.
func OrderClass(reason string) Class {
	switch class := Class(reason); class {
	case ProcessStuck, UnexpectedShipment, UnexpectedReturn, UnknownLine, SourcingExhausted, FulfillmentRefused:
		return class
	default:
		return OrderSurprise
	}
}

// ShipmentClass is the class of a kind of exception of shipments.
func ShipmentClass(kind string) Class {
	switch class := Class(kind); class {
	case ShipmentFlawed, ShipmentLost, ReturnedToSender, MilestonesDiffer, ReportUnknown, ReportRefused:
		return class
	default:
		return ReportRefused
	}
}

// Actions are what can be done about an exception: nothing when it is resolved, and only what its context allows.
func (e *Exception) Actions() []Action {
	if !e.IsOpen() {
		return nil
	}
	actions := slices.Clone(natures()[e.Class].actions)
	return slices.DeleteFunc(actions, func(action Action) bool {
		goods := e.Class == UnexpectedShipment && action != Skip
		return goods && e.Context[ContextShipment] == ""
	})
}

// The names of facts in contexts on which actions depend.
const (
	ContextShipment  = "shipment_id"
	ContextProcess   = "process_id"
	ContextException = "exception_id"
	ContextSKU       = "sku"
	ContextAccount   = "account_id"
	ContextLot       = "lot"
	ContextService   = "service"
	ContextConsumer  = "consumer"
	ContextEvent     = "event_id"
	ContextBreak     = "break_id"
	ContextEntry     = "entry_id"
	ContextDocument  = "document_id"
)
