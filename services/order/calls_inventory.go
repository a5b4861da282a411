package order

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// reserve asks for stock: for all open goods of an order that is being decided, or for the parts that a step names.
func (b backend) reserve(ctx context.Context, calls []process.Call) error {
	req := &inventoryv1.ReserveRequest{Reservations: make([]*inventoryv1.ReservationRequest, 0, len(calls))}
	for _, call := range calls {
		one, err := reservationOf(call)
		if err != nil {
			return err
		}
		req.Reservations = append(req.Reservations, one)
	}
	reply, err := b.inventory.Reserve(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.Reserve, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		answer := &process.Answer{Refusal: refusalFromProto(outcome.GetRefusal()), Returned: outcome.GetGivenBack() != nil}
		if answer.Refusal == nil {
			answer.Grant = grantFromProto(req.GetReservations()[i].GetKey(), outcome.GetReservation())
		}
		calls[i].Step.Answer = answer
	}
	return nil
}

func reservationOf(call process.Call) (*inventoryv1.ReservationRequest, error) {
	o, step := call.Work.Order, call.Step
	held, err := snapshotIn(call.Work)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("process %s has no order", call.Work.Process.ID)
	}
	order, err := held.order()
	if err != nil {
		return nil, err
	}
	one := &inventoryv1.ReservationRequest{
		Key: call.Work.Process.Key(step), OrderId: id.Format(id.Order, o.ID), Priority: o.Priority,
		ShortagePolicy: shortageOf(o.Policy, call.Work.Process.Kind), Channel: order.GetChannel(), ReplacesKey: o.StockHold,
		PartnerId: order.GetPartnerId(), KeepsAge: step.KeepsAge, GivesBack: backLines(step.GivesBack),
	}
	if !o.NotBefore.IsZero() {
		one.NeededAt = timestamppb.New(o.NotBefore)
	}
	for _, node := range step.Exclude {
		one.ExcludedNodeIds = append(one.ExcludedNodeIds, string(node))
	}
	for _, node := range step.Avoid {
		one.AvoidedNodeIds = append(one.AvoidedNodeIds, string(node))
	}
	parts := step.Parts
	if parts == nil {
		parts = openGoods(o)
	}
	if swap := step.Swap; swap != nil {
		one.Lines = append(one.Lines, &inventoryv1.ReservationRequestLine{
			LineNumber: swap.Line, Sku: string(swap.SKU), Quantity: parts[0].Quantity,
		})
		return one, nil
	}
	for _, part := range parts {
		line, err := held.line(part.Line)
		if err != nil {
			return nil, err
		}
		one.Lines = append(one.Lines, &inventoryv1.ReservationRequestLine{
			LineNumber: part.Line, Sku: line.GetSku(), Quantity: part.Quantity,
		})
	}
	return one, nil
}

func openGoods(o *domain.Order) []domain.Part {
	parts := make([]domain.Part, 0, len(o.Lines))
	for i := range o.Lines {
		if line := &o.Lines[i]; !line.Service && line.Open > 0 {
			parts = append(parts, domain.Part{Line: int32(i + 1), Quantity: line.Open})
		}
	}
	return parts
}

// shortageOf: a FILL_OR_KILL order takes all or nothing at first; of what is looked for again it takes what there is,
// and so does a substitution.
func shortageOf(policy domain.Policy, kind process.KindName) inventoryv1.ShortagePolicy {
	switch {
	case kind == process.Substitution.Name:
		return inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP
	case policy != domain.FillOrKill:
		return inventoryv1.ShortagePolicy_SHORTAGE_POLICY_BACKORDER
	case kind == process.Acceptance.Name:
		return inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE
	default:
		return inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP
	}
}

func grantFromProto(key string, from *inventoryv1.Reservation) *domain.Grant {
	grant := &domain.Grant{Key: key, Lines: make([]domain.GrantLine, 0, len(from.GetLines()))}
	for _, line := range from.GetLines() {
		got := domain.GrantLine{
			Line: line.GetLineNumber(), Backordered: line.GetBackordered(), At: make([]domain.Part, 0, len(line.GetAllocations())),
		}
		for _, at := range line.GetAllocations() {
			got.At = append(got.At, domain.Part{
				Line: line.GetLineNumber(), Node: domain.Node(at.GetNodeId()), Quantity: at.GetQuantity(),
			})
		}
		grant.Lines = append(grant.Lines, got)
	}
	return grant
}

func backLines(parts []domain.Part) []*inventoryv1.ReservationCancellationLine {
	var lines []*inventoryv1.ReservationCancellationLine
	for _, part := range parts {
		lines = append(lines, &inventoryv1.ReservationCancellationLine{
			LineNumber: part.Line, NodeId: string(part.Node), Quantity: part.Quantity,
		})
	}
	return lines
}

// cancelReservation gives a reservation back whole, as the compensation of an acceptance, or parts of what the order has.
func (b backend) cancelReservation(ctx context.Context, calls []process.Call) error {
	req := &inventoryv1.CancelReservationRequest{Cancellations: make([]*inventoryv1.ReservationCancellation, 0, len(calls))}
	for _, call := range calls {
		p, step := call.Work.Process, call.Step
		one := &inventoryv1.ReservationCancellation{
			Key: p.Key(step), OrderId: id.Format(id.Order, p.OrderID), ReservationKey: step.Target, Reason: "NOT_NEEDED",
			KeepsAge: step.KeepsAge,
		}
		if step.State == process.Undoing {
			one.Key, one.ReservationKey, one.Reason = p.UndoKey(step), p.Key(step), "NOT_ACCEPTED"
		}
		one.Lines = backLines(step.Parts)
		req.Cancellations = append(req.Cancellations, one)
	}
	reply, err := b.inventory.CancelReservation(ctx, req)
	if err != nil {
		return err
	}
	if err := sameCount(process.CancelReservation, len(calls), len(reply.GetOutcomes())); err != nil {
		return err
	}
	for i, outcome := range reply.GetOutcomes() {
		answer := &process.Answer{}
		for _, line := range outcome.GetGivenBack() {
			answer.GivenBack = append(answer.GivenBack, domain.Part{
				Line: line.GetLineNumber(), Node: domain.Node(line.GetNodeId()), Quantity: line.GetQuantity(),
			})
		}
		calls[i].Step.Answer = answer
	}
	return nil
}
