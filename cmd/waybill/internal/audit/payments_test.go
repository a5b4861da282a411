package audit

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// LiftPaymentStop serves an account again whose capture was declined.
func (m *machine) LiftPaymentStop(r *rapid.T) {
	_, err := m.Billing.LiftPaymentStop(m.ctx, &billingv1.LiftPaymentStopRequest{
		RequestId: m.key(), AccountId: rapid.SampledFrom(accounts).Draw(r, "account"), Reason: "they sent another card",
	})
	allowed(r, err)
}

// Refund pays a credit memo out, or more than it has, of a capture, or of a payment that is none.
func (m *machine) Refund(r *rapid.T) {
	account := rapid.SampledFrom(accounts).Draw(r, "account")
	payments, err := m.Billing.ListPayments(m.ctx, &billingv1.ListPaymentsRequest{AccountId: account, PageSize: 10})
	if allowed(r, err); err != nil || len(payments.GetPayments()) == 0 {
		r.Skip("nothing was paid")
	}
	memos, err := m.Billing.ListCreditMemos(m.ctx, &billingv1.ListCreditMemosRequest{BillToAccountId: account, PageSize: 10})
	if allowed(r, err); err != nil || len(memos.GetCreditMemos()) == 0 {
		r.Skip("nothing was credited")
	}
	_, err = m.Billing.RefundPayment(m.ctx, &billingv1.RefundPaymentRequest{
		RequestId:    m.key(),
		PaymentId:    rapid.SampledFrom(payments.GetPayments()).Draw(r, "payment").GetPaymentId(),
		CreditMemoId: rapid.SampledFrom(memos.GetCreditMemos()).Draw(r, "memo").GetCreditMemoId(),
		AmountMinor:  rapid.Int64Range(0, 300).Draw(r, "amount"),
	})
	allowed(r, err)
}

// Orders that a provider pays, from the shop to the books: authorised before they are accepted, captured with each shipment,
// held when they are declined.
func TestOrdersPaidByAProvider(t *testing.T) {
	w := newWorld(t)
	must(t)(w.Inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: "stock", Adjustments: []*inventoryv1.StockAdjustment{{Sku: "A", NodeId: "EAST", Quantity: "100", Reason: "COUNT"}},
	}))
	submit := func(token, account string) *orderv1.Order {
		reply, err := w.Order.SubmitOrder(t.Context(), &orderv1.SubmitOrderRequest{
			RequestId: token, ExternalOrderId: token, PartnerId: "P", AccountId: account, CurrencyCode: "GBP", Wait: durationpb.New(10 * time.Second),
			PaymentMethod: &orderv1.PaymentMethod{Provider: "sandbox", Token: token},
			Lines:         []*orderv1.SubmitOrderLine{{Sku: "A", Quantity: &commonv1.Quantity{Value: "3"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetOrder()
	}
	intentOf := func(order *orderv1.Order) *billingv1.PaymentIntent {
		list, err := w.Billing.ListPaymentIntents(t.Context(), &billingv1.ListPaymentIntentsRequest{OrderId: order.GetOrderId()})
		if err != nil || len(list.GetPaymentIntents()) == 0 {
			t.Fatalf("%v, %v", list, err)
		}
		return list.GetPaymentIntents()[0]
	}
	for _, token := range []string{"tok_ok", "tok_timeout"} {
		order := submit(token, "RICH") // 4.00 and tax
		eventually(t, "the order is shipped, invoiced and paid", func() bool {
			reply, err := w.Order.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: order.GetOrderId()})
			return err == nil && reply.GetOrder().GetStatus() == orderv1.OrderStatus_ORDER_STATUS_CLOSED
		})
		eventually(t, "all is captured", func() bool {
			intent := intentOf(order)
			return intent.GetState() == billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_CAPTURED && intent.GetCaptured().GetMinorUnits() == 480
		})
	}
	declined := submit("tok_decline", "RICH")
	if declined.GetStatus() != orderv1.OrderStatus_ORDER_STATUS_HELD ||
		intentOf(declined).GetState() != billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_DECLINED {
		t.Errorf("%v", declined)
	}
	owed := submit("tok_capture_decline", "POOR")
	eventually(t, "the account is stopped, the invoice open", func() bool {
		reply, err := w.Billing.GetCreditStatus(t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "POOR"})
		return err == nil && reply.GetStatus().GetPaymentStopped() && reply.GetStatus().GetArOpenMinor() == 476
	})
	if got := intentOf(owed); got.GetCaptured().GetMinorUnits() != 0 || got.GetDeclineCode() == "" {
		t.Errorf("%v", got)
	}
	eventually(t, "everything adds up", func() bool { return w.sound(t.Context(), true) == nil })
}
