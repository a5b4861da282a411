package fulfillment

import (
	"cmp"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// receiptEvents turns what happened to receipts into messages of the contract.
func receiptEvents(events []domain.ReceiptEvent) ([]outbox.Event, error) {
	told := make([]outbox.Event, 0, len(events))
	for i := range events {
		event := &events[i]
		payload, err := receiptPayload(event)
		if err != nil {
			return nil, err
		}
		aggregate := id.Format(id.Receipt, event.Receipt.ID)
		told = append(told, outbox.Event{
			Aggregate: aggregate, Shard: shard.OfUUID(event.Receipt.ID), Sequence: event.Sequence, Payload: payload,
			OccurredAt: event.OccurredAt, CorrelationID: aggregate,
		})
	}
	return told, nil
}

func receiptPayload(event *domain.ReceiptEvent) (proto.Message, error) {
	receipt := receiptToProto(&event.Receipt)
	switch event.Kind {
	case domain.ReceiptWasAnnounced:
		return &fulfillmentv1.ReceiptAnnounced{ReceiptId: receipt.GetReceiptId(), Receipt: receipt}, nil
	case domain.ReceiptWasReceived:
		return &fulfillmentv1.ReceiptReceived{
			ReceiptId: receipt.GetReceiptId(), Receipt: receipt, OccurredAt: timestamppb.New(event.OccurredAt),
			Movements: convertAll(event.Movements, receiptMovementToProto),
		}, nil
	case domain.ReceiptWasClosed:
		return &fulfillmentv1.ReceiptClosed{
			ReceiptId: receipt.GetReceiptId(), Receipt: receipt, Discrepancy: event.Receipt.Discrepancy(),
		}, nil
	}
	return nil, fmt.Errorf("fulfillment: event kind %d of a receipt has no message", event.Kind)
}

// returnEvents turns what happened to returns into messages of the contract. The sales order ties them together, where
// there is one.
func returnEvents(events []domain.ReturnEvent) ([]outbox.Event, error) {
	told := make([]outbox.Event, 0, len(events))
	for i := range events {
		event := &events[i]
		payload, err := returnPayload(event)
		if err != nil {
			return nil, err
		}
		aggregate := id.Format(id.Return, event.Return.ID)
		told = append(told, outbox.Event{
			Aggregate: aggregate, Shard: shard.OfUUID(event.Return.ID), Sequence: event.Sequence, Payload: payload,
			OccurredAt: event.OccurredAt, CorrelationID: cmp.Or(event.Return.OrderID, aggregate),
		})
	}
	return told, nil
}

func returnPayload(event *domain.ReturnEvent) (proto.Message, error) {
	document := returnToProto(&event.Return)
	returnID := document.GetReturnId()
	switch event.Kind {
	case domain.ReturnWasRequested:
		return &fulfillmentv1.ReturnRequested{ReturnId: returnID, ReturnDocument: document}, nil
	case domain.ReturnWasAuthorized:
		return &fulfillmentv1.ReturnAuthorized{ReturnId: returnID, ReturnDocument: document}, nil
	case domain.ReturnWasDeclined:
		return &fulfillmentv1.ReturnDeclined{ReturnId: returnID, ReturnDocument: document}, nil
	case domain.ReturnWasVoided:
		return &fulfillmentv1.ReturnVoided{ReturnId: returnID, ReturnDocument: document}, nil
	case domain.ReturnWasShipped:
		return &fulfillmentv1.ReturnInTransit{ReturnId: returnID, ReturnDocument: document}, nil
	case domain.ReturnWasReceived:
		return &fulfillmentv1.ReturnReceived{
			ReturnId: returnID, ReturnDocument: document, Movements: convertAll(event.Movements, returnMovementToProto),
			OccurredAt: timestamppb.New(event.OccurredAt),
		}, nil
	case domain.ReturnWasInspected:
		return &fulfillmentv1.ReturnInspected{
			ReturnId: returnID, ReturnDocument: document, Movements: convertAll(event.Movements, returnMovementToProto),
			OccurredAt: timestamppb.New(event.OccurredAt),
		}, nil
	case domain.ReturnWasClosed:
		return &fulfillmentv1.ReturnClosed{ReturnId: returnID, ReturnDocument: document}, nil
	}
	return nil, fmt.Errorf("fulfillment: event kind %d of a return has no message", event.Kind)
}
