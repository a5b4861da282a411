package billing

import (
	"fmt"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
)

// returned makes a return of the shipment lines of an invoice: line positions and quantities to credit, in pairs.
func returned(invoice *billingv1.Invoice, pairs ...int64) *fulfillmentv1.ReturnInspected {
	document := &fulfillmentv1.Return{
		ReturnId: id.Format(id.Return, id.New()), OrderId: invoice.GetOrderId(), PartnerId: invoice.GetPartnerId(),
		AccountId: invoice.GetAccountId(), Reason: "too small",
	}
	for i := 0; i < len(pairs); i += 2 {
		document.Lines = append(document.Lines, &fulfillmentv1.ReturnLine{
			Position: int32(i/2 + 1), ShipmentLineId: invoice.GetLines()[pairs[i]-1].GetShipmentLineId(), Credited: pairs[i+1],
		})
	}
	return &fulfillmentv1.ReturnInspected{ReturnId: document.GetReturnId(), ReturnDocument: document}
}

func (w *world) inspect(returns ...*fulfillmentv1.ReturnInspected) {
	w.t.Helper()
	for _, one := range returns {
		if err := w.deliver(w.service.onReturnInspected, one); err != nil {
			w.t.Fatal(err)
		}
	}
}

// memos waits until so many credit memos are issued and none is pending, checks the invariants, and returns them, the
// newest first.
func (w *world) memos(n int) []*billingv1.CreditMemo {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d credit memos are issued", n), func() bool {
		return w.count("credit_memo WHERE state = 'ISSUED'") == n && w.count("credit_memo_pending") == 0
	})
	w.holds()
	reply, err := w.service.ListCreditMemos(w.t.Context(), &billingv1.ListCreditMemosRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetCreditMemos()
}

func memoTotals(memo *billingv1.CreditMemo) string {
	return fmt.Sprintf("%d + %d = %d, %d unapplied", memo.GetNetTotal().GetMinorUnits(), memo.GetTaxTotal().GetMinorUnits(),
		memo.GetTotal().GetMinorUnits(), memo.GetUnapplied().GetMinorUnits())
}

// delivered runs the service and issues the invoice of a new order.
func (w *world) delivered(prices ...string) (*orderv1.PricedOrder, *billingv1.Invoice) {
	w.t.Helper()
	order := priced("ACME", prices...)
	return order, w.billed(order)
}

func (w *world) invoice(invoiceID string) *billingv1.Invoice {
	w.t.Helper()
	reply, err := w.service.GetInvoice(w.t.Context(), &billingv1.GetInvoiceRequest{InvoiceId: invoiceID})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetInvoice()
}
