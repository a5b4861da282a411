package fulfillment

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// eventsToProto turns what happened into messages of the contract. The sales order ties them together.
func eventsToProto(events []domain.Event) ([]outbox.Event, error) {
	told := make([]outbox.Event, 0, len(events))
	for i := range events {
		event := &events[i]
		payload, err := payloadOf(event)
		if err != nil {
			return nil, err
		}
		next := outbox.Event{
			Aggregate: id.Format(id.Fulfillment, event.Fulfillment.ID), Shard: shard.OfUUID(event.Fulfillment.ID),
			Sequence: event.Sequence, Payload: payload, OccurredAt: event.OccurredAt, CorrelationID: event.Fulfillment.OrderID,
		}
		if event.Shipment != nil {
			next.Aggregate = id.Format(id.Shipment, event.Shipment.ID)
			next.Shard = shard.OfUUID(event.Shipment.ID)
			next.CorrelationID = event.Shipment.OrderID
		}
		told = append(told, next)
	}
	return told, nil
}

func payloadOf(event *domain.Event) (proto.Message, error) {
	f := &event.Fulfillment
	fulfillmentID := id.Format(id.Fulfillment, f.ID)
	switch event.Kind {
	case domain.EventCreated:
		return &fulfillmentv1.FulfillmentCreated{FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f)}, nil
	case domain.EventSent:
		return &fulfillmentv1.FulfillmentSent{FulfillmentId: fulfillmentID, OrderId: f.OrderID}, nil
	case domain.EventAcknowledged:
		return &fulfillmentv1.FulfillmentAcknowledged{FulfillmentId: fulfillmentID, OrderId: f.OrderID}, nil
	case domain.EventRejected:
		return &fulfillmentv1.FulfillmentRejected{
			FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f), Reason: event.Reason,
		}, nil
	case domain.EventPicked:
		return &fulfillmentv1.FulfillmentPicked{FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f)}, nil
	case domain.EventShorted:
		return &fulfillmentv1.FulfillmentShorted{
			FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f),
			Shorted: convertAll(event.Shorted, shortedToProto),
		}, nil
	case domain.EventCancelled:
		return &fulfillmentv1.FulfillmentCancelled{FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f)}, nil
	case domain.EventCancelRefused:
		return &fulfillmentv1.FulfillmentCancelRefused{FulfillmentId: fulfillmentID, OrderId: f.OrderID, Reason: event.Reason}, nil
	case domain.EventClosed:
		return &fulfillmentv1.FulfillmentClosed{FulfillmentId: fulfillmentID, Fulfillment: fulfillmentToProto(f)}, nil
	case domain.EventShipped, domain.EventManifested, domain.EventVoided, domain.EventCarrierAssigned, domain.EventInTransit,
		domain.EventDelivered, domain.EventLost, domain.EventReturnedToSender:
		return shipmentPayload(event)
	}
	return nil, fmt.Errorf("fulfillment: event kind %d has no message", event.Kind)
}

// shipmentPayload is the message of an event of a shipment.
func shipmentPayload(event *domain.Event) (proto.Message, error) {
	shipment, said := event.Shipment, event.Milestone
	shipmentID, at := id.Format(id.Shipment, shipment.ID), timestamppb.New(event.OccurredAt)
	switch event.Kind { //nolint:exhaustive // the others are of orders
	case domain.EventShipped:
		return &fulfillmentv1.ShipmentShipped{ShipmentId: shipmentID, Shipment: shipmentToProto(shipment)}, nil
	case domain.EventManifested:
		return &fulfillmentv1.ShipmentManifested{
			ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Shipment: shipmentToProto(shipment),
		}, nil
	case domain.EventVoided:
		return &fulfillmentv1.ShipmentVoided{ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Reason: event.Reason}, nil
	case domain.EventCarrierAssigned:
		return &fulfillmentv1.ShipmentCarrierAssigned{
			ShipmentId: shipmentID, OrderId: shipment.OrderID, Carrier: shipment.Carrier, TrackingNumber: shipment.Tracking,
		}, nil
	case domain.EventInTransit:
		return &fulfillmentv1.ShipmentInTransit{
			ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Location: said.Location, Milestone: said.Name,
		}, nil
	case domain.EventDelivered:
		return &fulfillmentv1.ShipmentDelivered{
			ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Location: said.Location, ProofOfDelivery: said.Proof,
		}, nil
	case domain.EventLost:
		return &fulfillmentv1.ShipmentLost{ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Location: said.Location}, nil
	case domain.EventReturnedToSender:
		return &fulfillmentv1.ShipmentReturnedToSender{
			ShipmentId: shipmentID, OrderId: shipment.OrderID, OccurredAt: at, Location: said.Location,
		}, nil
	}
	return nil, fmt.Errorf("fulfillment: shipment event kind %d has no message", event.Kind)
}
