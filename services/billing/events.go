package billing

import (
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// exposureChanged tells the state of a credit row after the changes of a transaction.
func exposureChanged(credit *domain.Credit) outbox.Event {
	account := string(credit.Account)
	return outbox.Event{
		Aggregate: account, Sequence: credit.EventSequence, Shard: shard.Of(account),
		Payload: &billingv1.CreditExposureChanged{AccountId: account, Status: creditToProto(credit)},
	}
}

// blockChanged tells that an order is blocked for want of credit, or is not any more.
func blockChanged(block domain.Block) outbox.Event {
	order := id.Format(id.Order, block.Order)
	event := outbox.Event{Aggregate: order, Sequence: block.Sequence, Shard: shard.OfUUID(block.Order), CorrelationID: order}
	if block.Blocked {
		event.Payload = &billingv1.OrderCreditBlocked{
			OrderId: order, AccountId: string(block.Account), Reason: block.Reason, Message: block.Message, Sequence: block.Sequence,
		}
	} else {
		event.Payload = &billingv1.OrderCreditFreed{OrderId: order, AccountId: string(block.Account), Sequence: block.Sequence}
	}
	return event
}

func invoiceDrafted(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceDrafted{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order),
		ShipmentId: id.Format(id.Shipment, invoice.Shipment),
	})
}

func invoiceSent(invoice *domain.Invoice, delivery domain.Delivery) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceSent{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order), Delivery: deliveryToProto(delivery),
	})
}

func invoiceDiscarded(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceDiscarded{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order),
		ShipmentId: id.Format(id.Shipment, invoice.Shipment), Reason: invoice.Discarded.Reason, Actor: invoice.Discarded.By,
	})
}

func creditMemoDiscarded(memo *domain.Memo) outbox.Event {
	event := &billingv1.CreditMemoDiscarded{
		CreditMemoId: id.Format(id.CreditMemo, memo.ID), Reason: memo.Discarded.Reason, Actor: memo.Discarded.By,
	}
	if memo.Return != uuid.Nil {
		event.ReturnId = id.Format(id.Return, memo.Return)
	}
	return memoEvent(memo, event)
}

func taxDeferred(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.TaxDeferred{
		InvoiceId: id.Format(id.Invoice, invoice.ID), Reason: invoice.Deferred, Attempts: int32(invoice.Attempts),
	})
}

func invoiceIssued(invoice *domain.Invoice, order *orderv1.PricedOrder) outbox.Event {
	event := &billingv1.InvoiceIssued{InvoiceId: id.Format(id.Invoice, invoice.ID), Invoice: invoiceToProto(invoice, order)}
	byLine := map[int32]*billingv1.InvoicedQuantity{}
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		if known := byLine[line.Line]; known != nil {
			known.Quantity += line.Quantity
			continue
		}
		byLine[line.Line] = &billingv1.InvoicedQuantity{LineNumber: line.Line, Quantity: line.Quantity}
		event.Quantities = append(event.Quantities, byLine[line.Line])
	}
	return invoiceEvent(invoice, event)
}

// invoicePaid tells that nothing is owed on the invoice any more.
func invoicePaid(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoicePaid{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order),
		SettledBy: string(invoice.SettledBy),
	})
}

// invoiceReopened tells that something is owed again.
func invoiceReopened(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceReopened{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order), BalanceDueMinor: invoice.BalanceDue(),
	})
}

func invoiceOverdue(invoice *domain.Invoice) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceOverdue{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order),
		BillToAccountId: string(invoice.Account), DueDate: invoice.DueDate.Format(time.DateOnly), BalanceDueMinor: invoice.BalanceDue(),
	})
}

// invoiceWrittenOff comes before the event that nothing is owed any more, where that is so.
func invoiceWrittenOff(off *domain.WriteOff) outbox.Event {
	event := invoiceEvent(off.Invoice, &billingv1.InvoiceWrittenOff{
		InvoiceId: id.Format(id.Invoice, off.Invoice.ID), OrderId: id.Format(id.Order, off.Invoice.Order), AmountMinor: off.Amount,
		Reason: off.Reason, JournalId: id.Format(id.Journal, off.Journal.ID), CurrencyCode: off.Invoice.Currency,
	})
	event.Sequence = off.EventSequence
	return event
}

func disputeChanged(invoice *domain.Invoice, reason string) outbox.Event {
	return invoiceEvent(invoice, &billingv1.InvoiceDisputeChanged{
		InvoiceId: id.Format(id.Invoice, invoice.ID), OrderId: id.Format(id.Order, invoice.Order), Disputed: invoice.Disputed, Reason: reason,
	})
}

// paymentRecorded is the only event of a payment: what it settles later, the invoices tell.
func paymentRecorded(payment *domain.Payment) outbox.Event {
	name := id.Format(id.Payment, payment.ID)
	return outbox.Event{
		Aggregate: name, Sequence: 1, Shard: shard.OfUUID(payment.ID),
		Payload: &billingv1.PaymentRecorded{PaymentId: name, Payment: paymentToProto(payment)},
	}
}

// Why an account is stopped.
const (
	stoppedByTerms   = "TERMS_CHANGED"
	stoppedByCapture = "CAPTURE_DECLINED"
)

// accountStopped is told before the state of the credit row after it.
func accountStopped(account domain.AccountID, sequence int64, reason string) outbox.Event {
	return outbox.Event{
		Aggregate: string(account), Sequence: sequence, Shard: shard.Of(string(account)),
		Payload: &billingv1.AccountStopped{AccountId: string(account), Reason: reason},
	}
}

// accountStopLifted is told before the state of the credit row after it.
func accountStopLifted(account domain.AccountID, sequence int64, reason, actor string) outbox.Event {
	return outbox.Event{
		Aggregate: string(account), Sequence: sequence, Shard: shard.Of(string(account)),
		Payload: &billingv1.AccountStopLifted{AccountId: string(account), Reason: reason, Actor: actor},
	}
}

func creditMemoIssued(memo *domain.Memo) outbox.Event {
	return memoEvent(memo, &billingv1.CreditMemoIssued{CreditMemoId: id.Format(id.CreditMemo, memo.ID), CreditMemo: memoToProto(memo)})
}

func memoEvent(memo *domain.Memo, payload proto.Message) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.CreditMemo, memo.ID), Sequence: memo.EventSequence, Shard: shard.OfUUID(memo.ID), Payload: payload,
		CorrelationID: orderOfMemo(memo),
	}
}

// orderOfMemo names the order that a memo belongs to; empty: none.
func orderOfMemo(memo *domain.Memo) string {
	if memo.Order == uuid.Nil {
		return ""
	}
	return id.Format(id.Order, memo.Order)
}

func invoiceEvent(invoice *domain.Invoice, payload proto.Message) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.Invoice, invoice.ID), Sequence: invoice.EventSequence, Shard: shard.OfUUID(invoice.ID),
		Payload: payload, CorrelationID: id.Format(id.Order, invoice.Order),
	}
}
