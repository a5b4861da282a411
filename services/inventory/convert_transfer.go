package inventory

import (
	"context"
	"fmt"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// transferFromProto decodes a new transfer.
func (s *Service) transferFromProto(
	ctx context.Context, req *inventoryv1.ShipTransferRequest, now time.Time,
) (*domain.Transfer, error) {
	all := make([]goods, 0, len(req.GetItems())+1)
	for i, asked := range req.GetItems() {
		all = append(all, goods{
			field: fmt.Sprintf("items[%d]", i), sku: asked.GetSku(), node: req.GetFromNodeId(), lot: asked.GetLot(),
			quantity: asked.GetQuantity(),
		})
	}
	known, wrong, err := s.decodeGoods(ctx, all)
	if err != nil {
		return nil, err
	}
	unknown, err := s.unknownNodes(ctx, req.GetFromNodeId(), req.GetToNodeId())
	if err != nil {
		return nil, err
	}
	fields := unknown
	for _, field := range wrong {
		if field.Reason != reasonUnknownNode { // told once, about the request's own field
			fields = append(fields, field)
		}
	}
	if req.GetFromNodeId() == req.GetToNodeId() {
		fields = append(fields, fault.Field{Path: "to_node_id", Reason: "SAME_NODE", Message: "the goods are there already"})
	}
	if req.GetOutflowPolicy() == inventoryv1.OutflowPolicy_OUTFLOW_POLICY_RECORD {
		fields = append(fields, fault.Field{
			Path: "outflow_policy", Reason: "RECORD_NOT_SUPPORTED", Message: "what is kept aside would not be on its way",
		})
	}
	transfer := &domain.Transfer{
		ID: id.New(), From: domain.NodeID(req.GetFromNodeId()), To: domain.NodeID(req.GetToNodeId()),
		Reference: req.GetReference(), ShippedAt: moment(req.GetShippedAt(), now), ExpectedAt: moment(req.GetExpectedAt(), time.Time{}),
	}
	for i, item := range known {
		transfer.Lines = append(transfer.Lines, domain.TransferLine{
			Position: int32(i + 1), SKU: item.SKU, Lot: req.GetItems()[i].GetLot(), Shipped: item.base,
		})
	}
	return transfer, refuse(fields, "nothing was shipped")
}

// unknownNodes are the fields from_node_id and to_node_id that name no place.
func (s *Service) unknownNodes(ctx context.Context, from, to string) ([]fault.Field, error) {
	nodes, err := s.knownNodes(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var fields []fault.Field
	for _, node := range []struct{ field, id string }{{"from_node_id", from}, {"to_node_id", to}} {
		if !nodes[domain.NodeID(node.id)] {
			fields = append(fields, fault.Field{Path: node.field, Reason: reasonUnknownNode, Message: "there is no such place"})
		}
	}
	return fields, nil
}

// arrivalsFromProto decodes what arrived of a transfer. What stands in no line is left to the transfer to refuse.
func (s *Service) arrivalsFromProto(req *inventoryv1.ReceiveTransferRequest, transfer *domain.Transfer) ([]domain.Arrival, error) {
	arrivals := make([]domain.Arrival, len(req.GetArrivals()))
	var wrong []fault.Field
	for i, asked := range req.GetArrivals() {
		arrivals[i] = domain.Arrival{Position: asked.GetPosition(), Bucket: buckets[asked.GetStatus()]}
		for _, line := range transfer.Lines {
			if line.Position != asked.GetPosition() {
				continue
			}
			base, err := quantity.Parse(asked.GetQuantity(), s.items.known(line.SKU).Scale)
			path := fmt.Sprintf("arrivals[%d].quantity", i)
			if err != nil {
				wrong = append(wrong, fault.Field{Path: path, Reason: fault.ReasonOf(err), Message: "it does not fit the item's unit"})
			} else if base == 0 {
				wrong = append(wrong, fault.Field{Path: path, Reason: reasonQuantityZero, Message: "nothing to receive"})
			}
			arrivals[i].Quantity = base
		}
	}
	return arrivals, refuse(wrong, "nothing was received")
}

func (s *Service) transferToProto(transfer *domain.Transfer) *inventoryv1.Transfer {
	state := inventoryv1.TransferState_TRANSFER_STATE_IN_TRANSIT
	switch {
	case transfer.Arrived():
		state = inventoryv1.TransferState_TRANSFER_STATE_RECEIVED
	case transfer.Closed:
		state = inventoryv1.TransferState_TRANSFER_STATE_CLOSED
	case transfer.Begun():
		state = inventoryv1.TransferState_TRANSFER_STATE_RECEIVING
	}
	told := &inventoryv1.Transfer{
		TransferId: id.Format(id.Transfer, transfer.ID), FromNodeId: string(transfer.From), ToNodeId: string(transfer.To),
		State: state, Reference: transfer.Reference, ShippedAt: wireTime(transfer.ShippedAt),
		ExpectedAt: wireTime(transfer.ExpectedAt), Lines: make([]*inventoryv1.TransferLine, len(transfer.Lines)),
	}
	for i, line := range transfer.Lines {
		told.Lines[i] = &inventoryv1.TransferLine{
			Position: line.Position, Sku: string(line.SKU), Lot: line.Lot, Scale: int32(s.items.known(line.SKU).Scale),
			Shipped: line.Shipped, InTransit: line.InTransit(), Received: line.Received, Lost: line.Lost, Surplus: line.Surplus,
		}
	}
	return told
}
