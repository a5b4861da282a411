package operations

import (
	"fmt"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// billingWords tell the events of invoices, credit memos and payments.
func billingWords() []telling {
	issued := &billingv1.InvoiceIssued{}
	return []telling{
		after(tells(func(*billingv1.InvoiceDrafted) string { return "The shipment is being invoiced" }),
			&fulfillmentv1.ShipmentShipped{}, (*billingv1.InvoiceDrafted).GetShipmentId),
		after(tells(func(e *billingv1.InvoiceIssued) string {
			invoice := e.GetInvoice()
			return fmt.Sprintf("Invoice %s was issued: %s, due %s", invoice.GetInvoiceNumber(), amount(invoice.GetTotal()), invoice.GetDueDate())
		}), &billingv1.InvoiceDrafted{}, (*billingv1.InvoiceIssued).GetInvoiceId),
		after(tells(func(e *billingv1.TaxDeferred) string {
			return because(fmt.Sprintf("The invoice waits after %d tries", e.GetAttempts()), e.GetReason())
		}), &billingv1.InvoiceDrafted{}, (*billingv1.TaxDeferred).GetInvoiceId),
		after(tells(func(e *billingv1.InvoicePaid) string {
			return "Nothing is owed on the invoice any more: " + e.GetSettledBy()
		}),
			issued, (*billingv1.InvoicePaid).GetInvoiceId),
		after(tells(func(e *billingv1.InvoiceReopened) string {
			return fmt.Sprintf("Cash was taken off the invoice: %d minor units are owed again", e.GetBalanceDueMinor())
		}), issued, (*billingv1.InvoiceReopened).GetInvoiceId),
		after(tells(func(e *billingv1.InvoiceOverdue) string {
			return fmt.Sprintf("The invoice was due on %s and %d minor units are still owed", e.GetDueDate(), e.GetBalanceDueMinor())
		}), issued, (*billingv1.InvoiceOverdue).GetInvoiceId),
		after(tells(func(e *billingv1.InvoiceWrittenOff) string {
			return because(fmt.Sprintf("%d minor units of the invoice were written off", e.GetAmountMinor()), e.GetReason())
		}), issued, (*billingv1.InvoiceWrittenOff).GetInvoiceId),
		after(tells(func(e *billingv1.InvoiceDisputeChanged) string {
			if e.GetDisputed() {
				return because("The customer disputes the invoice", e.GetReason())
			}
			return because("The dispute about the invoice is over", e.GetReason())
		}), issued, (*billingv1.InvoiceDisputeChanged).GetInvoiceId),
		after(tells(func(e *billingv1.CreditMemoIssued) string {
			memo := e.GetCreditMemo()
			return because(fmt.Sprintf("Credit memo %s was issued: %s", memo.GetCreditMemoNumber(), amount(memo.GetTotal())), memo.GetReason())
		}), &fulfillmentv1.ReturnInspected{}, func(e *billingv1.CreditMemoIssued) string { return e.GetCreditMemo().GetReturnId() }),
		after(tells(func(*billingv1.InvoiceSent) string { return "The invoice was sent" }), issued, (*billingv1.InvoiceSent).GetInvoiceId),
		after(tells(func(e *billingv1.InvoiceDiscarded) string {
			return because("The draft of the invoice was put aside", e.GetReason())
		}), &billingv1.InvoiceDrafted{}, (*billingv1.InvoiceDiscarded).GetInvoiceId),
		tells(func(e *billingv1.OrderCreditBlocked) string {
			return because("The credit does not suffice", e.GetMessage())
		}),
		after(tells(func(*billingv1.OrderCreditFreed) string { return "The credit suffices again" }),
			&billingv1.OrderCreditBlocked{}, (*billingv1.OrderCreditFreed).GetOrderId),
		tells(func(e *billingv1.PaymentRecorded) string {
			return at("A payment of "+amount(e.GetPayment().GetAmount())+" came", "for", e.GetPayment().GetReference())
		}),
	}
}

// providerWords tell the events of payments by providers.
func providerWords() []telling {
	authorized := &billingv1.PaymentAuthorized{}
	part := func(minor int64, intent *billingv1.PaymentIntent) string {
		return sum(minor, intent.GetAmount().GetCurrencyCode())
	}
	return []telling{
		tells(func(e *billingv1.PaymentAuthorized) string {
			return "The payment provider has reserved " + amount(e.GetPaymentIntent().GetAmount())
		}),
		after(tells(func(e *billingv1.PaymentCaptured) string {
			return part(e.GetAmountMinor(), e.GetPaymentIntent()) + " were captured for the invoice"
		}), &billingv1.InvoiceIssued{}, (*billingv1.PaymentCaptured).GetInvoiceId),
		tells(func(e *billingv1.PaymentDeclined) string {
			what := "the payment"
			switch {
			case e.GetInvoiceId() != "":
				what = "to pay the invoice"
			case e.GetCreditMemoId() != "":
				what = "to pay the credit memo back"
			}
			return because("The payment provider has declined "+what, e.GetDeclineCode())
		}),
		after(tells(func(e *billingv1.PaymentVoided) string {
			return part(e.GetAmountMinor(), e.GetPaymentIntent()) + " of the reserved payment were given up"
		}), authorized, (*billingv1.PaymentVoided).GetPaymentIntentId),
		after(tells(func(e *billingv1.PaymentRefunded) string {
			return part(e.GetAmountMinor(), e.GetPaymentIntent()) + " were paid back"
		}), &billingv1.CreditMemoIssued{}, (*billingv1.PaymentRefunded).GetCreditMemoId),
		tells(func(*billingv1.PaymentUnknown) string {
			return "The payment provider does not say what became of the payment; it is being asked"
		}),
	}
}

func amount(of *commonv1.Money) string { return sum(of.GetMinorUnits(), of.GetCurrencyCode()) }
