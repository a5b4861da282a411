package inventory

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// events are what is told of the changes, in order within each aggregate.
func (s *Service) events(changes domain.Changes, now time.Time) []outbox.Event {
	told := make([]outbox.Event, 0, len(changes.Told)+len(changes.StockTold))
	for _, event := range changes.Told {
		aggregate := id.Format(id.Reservation, event.Reservation.ID)
		told = append(told, outbox.Event{
			Aggregate: aggregate, Sequence: event.Sequence, Shard: shard.Of(aggregate),
			Payload: reservationEventToProto(aggregate, event), OccurredAt: now,
			CorrelationID: string(event.Reservation.Order),
		})
	}
	for _, event := range changes.StockTold {
		aggregate := event.Balance.String()
		told = append(told, outbox.Event{
			Aggregate: aggregate, Sequence: event.Sequence, Shard: shard.Of(aggregate),
			Payload: stockEventToProto(event, s.items.known(event.Balance.SKU), now), OccurredAt: now,
		})
	}
	return told
}

func reservationEventToProto(reservationID string, event domain.ReservationEvent) proto.Message {
	order := string(event.Reservation.Order)
	switch event.Kind {
	case domain.EventReserved, domain.EventStockArrived:
		cause := inventoryv1.ReservationCause_RESERVATION_CAUSE_REQUESTED
		if event.Kind == domain.EventStockArrived {
			cause = inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED
		}
		return &inventoryv1.ReservationReserved{
			ReservationId: reservationID, OrderId: order, Key: event.Reservation.Key, Lines: linesToProto(event.Lines),
			Cause: cause,
		}
	case domain.EventRevoked:
		return &inventoryv1.ReservationRevoked{
			ReservationId: reservationID, OrderId: order, Key: event.Reservation.Key, Changes: partsToProto(event.Parts),
			Reason: event.Cause,
		}
	case domain.EventExpired:
		return &inventoryv1.ReservationExpired{
			ReservationId: reservationID, OrderId: order, Changes: partsToProto(event.Parts),
		}
	case domain.EventConfirmed:
		return &inventoryv1.ReservationConfirmed{
			ReservationId: reservationID, OrderId: order, Changes: partsToProto(event.Parts), ConfirmedBy: id.Reservation + "_" + event.Cause,
		}
	case domain.EventConsumed:
		return &inventoryv1.ReservationConsumed{
			ReservationId: reservationID, OrderId: order, Changes: partsToProto(event.Parts), ShipmentId: event.Cause,
		}
	default:
		return &inventoryv1.ReservationCancelled{
			ReservationId: reservationID, OrderId: order, Changes: partsToProto(event.Parts), Reason: event.Cause,
		}
	}
}

func partsToProto(parts []domain.ClaimChange) []*inventoryv1.ReservationChange {
	told := make([]*inventoryv1.ReservationChange, len(parts))
	for i, part := range parts {
		told[i] = &inventoryv1.ReservationChange{
			LineNumber: part.Line, Sku: string(part.SKU), NodeId: string(part.Node), Quantity: part.Quantity,
			Remaining: part.Remaining,
		}
	}
	return told
}

func stockEventToProto(event domain.StockEvent, item domain.Item, now time.Time) proto.Message {
	key := event.Balance.StockKey
	if event.Frozen != nil {
		return &inventoryv1.StockFrozen{
			StockKey: key.String(), Sku: string(key.SKU), NodeId: string(key.Node), Missing: event.Frozen.Missing,
			SourceDocument: event.Frozen.Document,
		}
	}
	if event.Unfrozen {
		return &inventoryv1.StockUnfrozen{StockKey: key.String(), Sku: string(key.SKU), NodeId: string(key.Node)}
	}
	if applied := event.Snapshot; applied != nil {
		return &inventoryv1.StockSnapshotApplied{
			StockKey: key.String(), Sku: string(key.SKU), NodeId: string(key.Node), Lot: applied.Lot, Source: applied.Source,
			SourceSeq: applied.Sequence, Quantity: applied.Quantity, Difference: applied.Difference,
			AsOf: timestamppb.New(applied.AsOf), LowConfidence: applied.LowConfidence, Revoked: applied.Revoked,
		}
	}
	moved := &inventoryv1.StockMoved{
		StockKey: key.String(), Sku: string(key.SKU), NodeId: string(key.Node), Balance: balanceToProto(event.Balance, item),
		Movements: make([]*inventoryv1.Movement, len(event.Movements)),
	}
	for i, movement := range event.Movements {
		moved.Movements[i] = movementToProto(movement, now)
	}
	return moved
}

func movementToProto(movement domain.Movement, recorded time.Time) *inventoryv1.Movement {
	return &inventoryv1.Movement{
		MovementId: id.Format(id.Movement, movement.ID), FromBucket: string(movement.From), ToBucket: string(movement.To),
		Quantity: movement.Quantity, Reason: movement.Reason, SourceDocument: movement.Document, Lot: movement.Lot,
		OccurredAt: timestamppb.New(movement.OccurredAt), RecordedAt: timestamppb.New(recorded),
	}
}
