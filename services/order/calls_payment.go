package order

import (
	"context"
	"slices"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// maxPayments is how many payments a call takes.
const maxPayments = 100

// authorizePayment asks for the payments of orders that are not paid on account.
func (b backend) authorizePayment(ctx context.Context, calls []process.Call) error {
	for set := range slices.Chunk(calls, maxPayments) {
		req := &billingv1.AuthorizePaymentRequest{}
		for _, call := range set {
			held, err := snapshotIn(call.Work)
			if err != nil {
				return err
			}
			order, err := held.order()
			if err != nil {
				return err
			}
			account := order.GetBillToAccountId()
			if account == "" {
				account = order.GetAccountId()
			}
			req.Authorizations = append(req.Authorizations, &billingv1.PaymentAuthorization{
				Key: call.Work.Process.Key(call.Step), OrderId: order.GetOrderId(), AccountId: account,
				CurrencyCode: order.GetCurrencyCode(), AmountMinor: amountToPay(order), Method: order.GetPaymentMethod(),
			})
		}
		reply, err := b.billing.AuthorizePayment(ctx, req)
		if err != nil {
			return err
		}
		if err := sameCount(process.AuthorizePayment, len(set), len(reply.GetOutcomes())); err != nil {
			return err
		}
		for i, outcome := range reply.GetOutcomes() {
			set[i].Step.Answer = &process.Answer{Refusal: refusalFromProto(outcome.GetRefusal())}
		}
	}
	return nil
}

// amountToPay is what is authorised: the order before tax. The tax is known when it is invoiced.
func amountToPay(order *orderv1.PricedOrder) int64 {
	amount := order.GetNetTotalMinor()
	for _, charge := range order.GetCharges() {
		amount += charge.GetAmountMinor()
	}
	return amount
}

// prepaid reports whether a payment is to be authorised before the order is accepted.
func prepaid(order *orderv1.PricedOrder) bool {
	return order.GetPaymentMethod() != nil && amountToPay(order) > 0
}

// voidPayment gives up authorisations: as the compensation of an acceptance, or of an order that was cancelled.
func (b backend) voidPayment(ctx context.Context, calls []process.Call) error {
	for set := range slices.Chunk(calls, maxPayments) {
		req := &billingv1.VoidPaymentRequest{}
		for _, call := range set {
			key := call.Step.Target
			if key == "" {
				key = call.Work.Process.Key(call.Step)
			}
			req.Voids = append(req.Voids, &billingv1.PaymentVoid{Key: key})
		}
		reply, err := b.billing.VoidPayment(ctx, req)
		if err != nil {
			return err
		}
		if err := sameCount(process.VoidPayment, len(set), len(reply.GetVoidedMinor())); err != nil {
			return err
		}
	}
	return answerAll(calls)
}
