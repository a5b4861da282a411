package order

import (
	"context"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// notifyPortals tells portals that orders are about to be confirmed, or are not after all.
func (b backend) notifyPortals(ctx context.Context, action process.Action, calls []process.Call) error {
	if b.portals == nil {
		return nil // an order of before they were taken away
	}
	kind := channelv1.NoticeKind_NOTICE_KIND_CONFIRMING
	if action == process.WithdrawNotice {
		kind = channelv1.NoticeKind_NOTICE_KIND_WITHDRAWN
	}
	req := &channelv1.NotifyOrdersRequest{}
	for _, call := range calls {
		order, err := pricedIn(call.Work)
		if err != nil {
			return err
		}
		req.Notices = append(req.Notices, &channelv1.OrderNotice{
			Key: call.Work.Process.Key(call.Step), Kind: kind, OrderId: order.GetOrderId(), PartnerId: order.GetPartnerId(),
			Channel: order.GetChannel(), ExternalOrderId: order.GetExternalOrderId(), AccountId: order.GetAccountId(),
			TotalBeforeTax: &commonv1.Money{CurrencyCode: order.GetCurrencyCode(), MinorUnits: beforeTax(order)},
		})
	}
	reply, err := b.portals.NotifyOrders(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(action, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		calls[i].Step.Answer = &process.Answer{
			Refusal: refusalFromProto(outcome.GetRefusal()), Reference: outcome.GetReceipt().GetReference(),
		}
	}
	return nil
}

// beforeTax is what an order is worth: its lines and charges.
func beforeTax(order *orderv1.PricedOrder) int64 {
	sum := order.GetNetTotalMinor()
	for _, charge := range order.GetCharges() {
		sum += charge.GetAmountMinor()
	}
	return sum
}
