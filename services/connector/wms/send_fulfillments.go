package wms

import (
	"context"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/store"
)

// SendFulfillments implements the RPC of the same name. This warehouse takes every order of goods but the share that
// it was told to reject; what was stopped before it arrived is taken and not done. Refusals: NOTHING_TO_DO, NO_CAPACITY.
func (s *Service) SendFulfillments(
	ctx context.Context, req *wmsv1.SendFulfillmentsRequest,
) (*wmsv1.SendFulfillmentsResponse, error) {
	orders := make([]domain.Order, 0, len(req.GetFulfillments()))
	reply := &wmsv1.SendFulfillmentsResponse{}
	for _, fulfillment := range req.GetFulfillments() {
		parsed, err := id.Parse(id.Fulfillment, fulfillment.GetFulfillmentId())
		if err != nil {
			return nil, fault.New(fault.Invalid, "ID_INVALID", "%q is no fulfilment order", fulfillment.GetFulfillmentId())
		}
		order := domain.Order{
			ID: parsed, NodeID: fulfillment.GetNodeId(), Carrier: fulfillment.GetInstructions().GetCarrier(), Lines: linesFromProto(fulfillment.GetLines()),
		}
		outcome := &wmsv1.SendOutcome{}
		switch {
		case len(order.Lines) == 0:
			outcome.Refusal = &commonv1.Refusal{Reason: "NOTHING_TO_DO", Message: "there are no goods in the order"}
		case s.shelf.Rejects(order):
			outcome.Refusal = &commonv1.Refusal{Reason: "NO_CAPACITY", Message: "the warehouse has no room for the order"}
		default:
			orders = append(orders, s.shelf.Look(order))
		}
		reply.Outcomes = append(reply.Outcomes, outcome)
	}
	now := s.now()
	_, err := database.Tx(ctx, s.db, "send_fulfillments", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, store.AddOrders(ctx, tx, orders, now.Add(s.delays.Acknowledge), now)
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}
