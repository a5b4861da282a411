package order

import (
	"context"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

func (b backend) createFulfillment(ctx context.Context, calls []process.Call) error {
	req := &fulfillmentv1.CreateFulfillmentRequest{Fulfillments: make([]*fulfillmentv1.FulfillmentRequest, 0, len(calls))}
	for _, call := range calls {
		one, err := fulfillmentOf(call, b.now())
		if err != nil {
			return err
		}
		req.Fulfillments = append(req.Fulfillments, one)
	}
	reply, err := b.fulfillment.CreateFulfillment(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.CreateFulfillment, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		calls[i].Step.Answer = &process.Answer{Refusal: refusalFromProto(outcome.GetRefusal())}
	}
	return nil
}

func fulfillmentOf(call process.Call, now time.Time) (*fulfillmentv1.FulfillmentRequest, error) {
	held, err := snapshotIn(call.Work)
	if err != nil {
		return nil, err
	}
	order, err := held.order()
	if err != nil {
		return nil, err
	}
	one := &fulfillmentv1.FulfillmentRequest{
		Key: call.Work.Process.Key(call.Step), OrderId: order.GetOrderId(), NodeId: string(call.Step.Node),
		ShipTo: order.GetShipTo(), PartnerId: order.GetPartnerId(), AccountId: order.GetAccountId(),
		Lines: make([]*fulfillmentv1.FulfillmentRequestLine, 0, len(call.Step.Parts)), Instructions: instructionsOf(call, now),
	}
	for _, part := range call.Step.Parts {
		line, err := held.line(part.Line)
		if err != nil {
			return nil, err
		}
		if call.Step.ShipTo != 0 && line.GetShipTo() != nil {
			one.ShipTo = line.GetShipTo() // that of the goods: they all go there
		}
		want := &fulfillmentv1.FulfillmentRequestLine{
			LineNumber: part.Line, Sku: line.GetSku(), Quantity: part.Quantity, Scale: line.GetScale(),
			BaseUnit: line.GetBaseUnit(), Service: line.GetService(),
		}
		if placed := lineOf(call.Work.Order, part.Line); placed != nil {
			want.OverShipTolerance = placed.Tolerance(part, int64(order.GetOverShipToleranceBp()))
		}
		one.Lines = append(one.Lines, want)
	}
	return one, nil
}

// instructionsOf is nil where nothing was chosen for the goods, and where there are none.
func instructionsOf(call process.Call, now time.Time) *fulfillmentv1.ShippingInstructions {
	if call.Work.Order == nil || call.Step.Node == "" {
		return nil
	}
	how := call.Work.Order.Shipping(call.Step.ShipTo, now)
	if how == (domain.Shipping{}) {
		return nil
	}
	return &fulfillmentv1.ShippingInstructions{Carrier: how.Carrier, ServiceLevel: how.Service, ArrivesOn: how.ArrivesOn}
}

func lineOf(o *domain.Order, number int32) *domain.Line {
	if o == nil {
		return nil
	}
	return o.Line(number)
}

// cancelFulfillment asks warehouses to stop. Whatever the answer is, what becomes of it comes as an event; where the order
// was never made, the call that makes it is refused and tells.
func (b backend) cancelFulfillment(ctx context.Context, calls []process.Call) error {
	req := &fulfillmentv1.CancelFulfillmentRequest{Cancellations: make([]*fulfillmentv1.FulfillmentCancellation, 0, len(calls))}
	for _, call := range calls {
		req.Cancellations = append(req.Cancellations, &fulfillmentv1.FulfillmentCancellation{
			Key: call.Step.Target, Reason: "the order was cancelled",
		})
	}
	reply, err := b.fulfillment.CancelFulfillment(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.CancelFulfillment, len(calls), len(reply.GetStates())); err != nil {
		return err
	}
	return answerAll(calls)
}
