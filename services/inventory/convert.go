package inventory

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

func skusOf(req *inventoryv1.ReserveRequest) []string {
	var codes []string
	for _, reservation := range req.GetReservations() {
		for _, line := range reservation.GetLines() {
			codes = append(codes, line.GetSku())
		}
	}
	return codes
}

var shortages = map[inventoryv1.ShortagePolicy]domain.Shortage{
	inventoryv1.ShortagePolicy_SHORTAGE_POLICY_BACKORDER: domain.Backorder,
	inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP:      domain.Drop,
	inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE:    domain.Refuse,
}

// wantsFromProto decodes a set of requests. What is wrong with one is its refusal, so that it fails alone.
func wantsFromProto(req *inventoryv1.ReserveRequest, items map[string]domain.Item, now time.Time) reserveCall {
	call := reserveCall{wants: make([]domain.Want, len(req.GetReservations()))}
	for i, asked := range req.GetReservations() {
		want := domain.Want{
			ID: id.New(), Key: asked.GetKey(), Order: domain.OrderID(asked.GetOrderId()),
			Shortage: shortages[asked.GetShortagePolicy()], Priority: asked.GetPriority(),
			Excluded: nodesFromProto(asked.GetExcludedNodeIds()), Avoided: nodesFromProto(asked.GetAvoidedNodeIds()),
			Channel: domain.Channel(asked.GetChannel()), Replaces: asked.GetReplacesKey(), Partner: asked.GetPartnerId(),
			Lines: make([]domain.WantLine, len(asked.GetLines())), GivesBack: cancelLinesFromProto(asked.GetGivesBack()),
			KeepsAge: asked.GetKeepsAge(),
		}
		if asked.GetNeededAt() != nil {
			want.NeededAt = asked.GetNeededAt().AsTime().Truncate(time.Microsecond)
		}
		if asked.GetTtl() != nil {
			want.ExpiresAt = now.Add(asked.GetTtl().AsDuration())
		}
		call.lines += len(want.Lines) + len(want.GivesBack)
		numbers := make(map[int32]bool, len(want.Lines))
		for j, line := range asked.GetLines() {
			item, known := items[domain.ItemKey(line.GetSku())]
			switch {
			case !known:
				want.Refusal = want.Refusal.With(domain.ReasonUnknownItem, fmt.Sprintf("lines[%d].sku", j), "there is no such item")
			case !item.Goods:
				want.Refusal = want.Refusal.With(domain.ReasonNotStocked, fmt.Sprintf("lines[%d].sku", j), "a service has no stock")
			case numbers[line.GetLineNumber()]:
				want.Refusal = want.Refusal.With(domain.ReasonDuplicateLine, fmt.Sprintf("lines[%d].line_number", j),
					"the number stands on an earlier line too")
			}
			numbers[line.GetLineNumber()] = true
			want.Lines[j] = domain.WantLine{Line: line.GetLineNumber(), SKU: item.SKU, Quantity: line.GetQuantity()}
		}
		call.wants[i] = want
	}
	return call
}

// nodesFromProto leaves out what can be no place, and what the table could not keep.
func nodesFromProto(codes []string) []domain.NodeID {
	var nodes []domain.NodeID
	for _, code := range codes {
		if code != "" && !strings.Contains(code, ",") {
			nodes = append(nodes, domain.NodeID(code))
		}
	}
	return nodes
}

func outcomesToProto(outcomes []domain.Outcome) *inventoryv1.ReserveResponse {
	reply := &inventoryv1.ReserveResponse{Outcomes: make([]*inventoryv1.ReservationOutcome, len(outcomes))}
	for i, outcome := range outcomes {
		told := &inventoryv1.ReservationOutcome{}
		if outcome.Refusal != nil {
			told.Outcome = &inventoryv1.ReservationOutcome_Refusal{Refusal: refusalToProto(outcome.Refusal)}
		} else {
			told.Outcome = &inventoryv1.ReservationOutcome_Reservation{Reservation: &inventoryv1.Reservation{
				ReservationId: id.Format(id.Reservation, outcome.ReservationID), Key: outcome.Key,
				OrderId: string(outcome.Order), Lines: linesToProto(outcome.Lines),
			}}
		}
		if outcome.Returned != nil {
			told.GivenBack = &inventoryv1.GivenBack{Lines: cancelLinesToProto(outcome.Returned.GivenBack)}
		}
		reply.Outcomes[i] = told
	}
	return reply
}

func refusalToProto(refusal *domain.Refusal) *commonv1.Refusal {
	told := &commonv1.Refusal{Reason: refusal.Reason, Message: refusal.Message, Details: refusal.Details}
	for _, field := range refusal.Fields {
		told.Fields = append(told.Fields, &commonv1.FieldRefusal{
			Path: field.Path, Reason: field.Reason, Message: field.Message,
		})
	}
	return told
}

func linesToProto(lines []domain.LineOutcome) []*inventoryv1.ReservationLine {
	told := make([]*inventoryv1.ReservationLine, len(lines))
	for i, line := range lines {
		told[i] = &inventoryv1.ReservationLine{
			LineNumber: line.Line, Sku: string(line.SKU), Backordered: line.Backordered, Unfilled: line.Unfilled,
			Allocations: make([]*inventoryv1.Allocation, len(line.Placed)),
		}
		for j, placed := range line.Placed {
			told[i].Allocations[j] = &inventoryv1.Allocation{NodeId: string(placed.Node), Quantity: placed.Quantity}
		}
	}
	return told
}

func cancellationsFromProto(req *inventoryv1.CancelReservationRequest) []domain.Cancellation {
	requests := make([]domain.Cancellation, len(req.GetCancellations()))
	for i, asked := range req.GetCancellations() {
		requests[i] = domain.Cancellation{
			Key: asked.GetKey(), Order: domain.OrderID(asked.GetOrderId()), ReservationKey: asked.GetReservationKey(),
			TombstoneID: id.New(), Reason: asked.GetReason(), KeepsAge: asked.GetKeepsAge(),
		}
		requests[i].Lines = cancelLinesFromProto(asked.GetLines())
	}
	return requests
}

func cancelLinesFromProto(asked []*inventoryv1.ReservationCancellationLine) []domain.CancelLine {
	var lines []domain.CancelLine
	for _, line := range asked {
		lines = append(lines, domain.CancelLine{
			Line: line.GetLineNumber(), Node: domain.NodeID(line.GetNodeId()), Quantity: line.GetQuantity(),
		})
	}
	return lines
}

func cancelLinesToProto(lines []domain.CancelLine) []*inventoryv1.ReservationCancellationLine {
	var told []*inventoryv1.ReservationCancellationLine
	for _, line := range lines {
		told = append(told, &inventoryv1.ReservationCancellationLine{
			LineNumber: line.Line, NodeId: string(line.Node), Quantity: line.Quantity,
		})
	}
	return told
}

func cancelledToProto(outcomes []domain.Cancelled) *inventoryv1.CancelReservationResponse {
	reply := &inventoryv1.CancelReservationResponse{}
	for _, outcome := range outcomes {
		reply.Outcomes = append(reply.Outcomes, &inventoryv1.ReservationCancellationOutcome{
			GivenBack: cancelLinesToProto(outcome.GivenBack),
		})
	}
	return reply
}

func balanceToProto(balance domain.Balance, item domain.Item) *inventoryv1.Balance {
	return &inventoryv1.Balance{
		Sku: string(balance.SKU), NodeId: string(balance.Node), OnHand: balance.OnHand, Reserved: balance.Reserved,
		Picked: balance.Picked, QualityHold: balance.QualityHold, Damaged: balance.Damaged,
		Available: balance.Available(), Scale: int32(item.Scale), Version: balance.Version,
		AsOf: timestamppb.New(balance.AsOf), Frozen: balance.Frozen, Unverified: balance.Unverified,
		Stale: balance.Stale,
	}
}

func availabilityToProto(stock store.Stock, item domain.Item) *inventoryv1.Availability {
	return &inventoryv1.Availability{
		Sku: string(stock.Balance.SKU), NodeId: string(stock.Balance.Node),
		Sellable: quantity.Format(stock.Sellable, item.Scale), BaseUnit: item.BaseUnit,
		AsOf: timestamppb.New(stock.Balance.AsOf), Version: stock.Balance.Version,
	}
}
