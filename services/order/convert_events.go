package order

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Numbers of the fields that carry a snapshot or its hash; a test holds them against the descriptors.
const (
	snapshotHashField  protowire.Number = 16 // PricedOrder.snapshot_hash
	receivedOrderField protowire.Number = 2  // OrderReceived.order
	claimOrderField    protowire.Number = 2  // CreditClaim.order
	amendedOrderField  protowire.Number = 2  // OrderAmended.order
)

func appendBytesField(wire []byte, number protowire.Number, value []byte) []byte {
	wire = protowire.AppendTag(wire, number, protowire.BytesType)
	return protowire.AppendBytes(wire, value)
}

// carry puts a snapshot that is in wire form already into a message, as the field of that number. The snapshot is
// marshalled once for the table, the event and the claim; a reader of the message sees an ordinary field.
func carry(message proto.Message, number protowire.Number, wire []byte) {
	field := make([]byte, 0, len(wire)+2*protowire.SizeVarint(uint64(len(wire)))+8)
	message.ProtoReflect().SetUnknown(appendBytesField(field, number, wire))
}

func receivedEvent(o *domain.Order, wire []byte, now time.Time) outbox.Event {
	payload := &orderv1.OrderReceived{OrderId: id.Format(id.Order, o.ID)}
	carry(payload, receivedOrderField, wire)
	return eventOf(o, payload, now)
}

func eventOf(o *domain.Order, payload proto.Message, now time.Time) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.Order, o.ID), Sequence: o.Sequence, Shard: o.Shard, Payload: payload, OccurredAt: now,
		CorrelationID: id.Format(id.Order, o.ID),
	}
}

// papers gives the snapshot of a revision of an order; nil where it was not loaded. Acceptances and amendments have theirs.
type papers func(o *domain.Order, revision int32) *snapshot

// tellAll turns what happened to an order into events with its next sequences.
func tellAll(o *domain.Order, snapshots papers, now time.Time) ([]outbox.Event, error) {
	events := make([]outbox.Event, 0, len(o.Events))
	for _, event := range o.Events {
		payload, err := payloadOf(o, event, snapshots)
		if err != nil {
			return nil, err
		}
		o.Sequence++
		events = append(events, eventOf(o, payload, now))
	}
	return events, nil
}

func payloadOf(o *domain.Order, event domain.Event, snapshots papers) (proto.Message, error) {
	orderID := id.Format(id.Order, o.ID)
	switch e := event.(type) {
	case domain.EventAccepted:
		return acceptedToProto(o, snapshots(o, o.Revision))
	case domain.EventAmended:
		return amendedToProto(o, &e.Amended, snapshots(o, e.Revision))
	case domain.EventRejected:
		return &orderv1.OrderRejected{OrderId: orderID, Reasons: reasonsToProto(o.Reasons)}, nil
	case domain.EventHeld:
		return &orderv1.OrderHeld{OrderId: orderID, Hold: holdToProto(e.Hold)}, nil
	case domain.EventHoldReleased:
		return &orderv1.OrderHoldReleased{OrderId: orderID, Type: holdTypeToProto(e.Type), Actor: e.Actor, Reason: e.Reason}, nil
	case domain.EventCancelled:
		return &orderv1.OrderCancelled{OrderId: orderID, Actor: e.Actor, Reason: e.Reason, Lines: allBuckets(o)}, nil
	case domain.EventLineCancelled:
		return &orderv1.OrderLineCancelled{
			OrderId: orderID, Actor: e.Actor, Reason: e.Reason, Cancelled: quantitiesToProto(e.Cancelled), Lines: bucketsOf(o, e.Cancelled),
		}, nil
	case domain.EventLineBackordered:
		return &orderv1.OrderLineBackordered{
			OrderId: orderID, Backordered: quantitiesToProto(e.Parts), Lines: bucketsOf(o, e.Parts),
		}, nil
	case domain.EventLineAllocated:
		return &orderv1.OrderLineAllocated{
			OrderId: orderID, Allocated: quantitiesToProto(e.Parts), Lines: bucketsOf(o, e.Parts),
		}, nil
	case domain.EventCompleted:
		return &orderv1.OrderCompleted{
			OrderId: orderID, Lines: allBuckets(o), ReceivedAt: timestamppb.New(o.ReceivedAt), Invoices: int32(o.Invoices),
		}, nil
	default:
		return nil, fmt.Errorf("order %s: no payload for event %T", o.ID, event)
	}
}

func acceptedToProto(o *domain.Order, paper *snapshot) (proto.Message, error) {
	if paper == nil {
		return nil, fmt.Errorf("order %s was accepted without its snapshot", o.ID)
	}
	priced, err := paper.order()
	accepted := &orderv1.OrderAccepted{
		OrderId: id.Format(id.Order, o.ID), Lines: allBuckets(o), SnapshotHash: priced.GetSnapshotHash(), Terms: termsToProto(o),
		PortalNotice: noticeToProto(o), Freight: freightToProto(o, priced.GetCurrencyCode()),
	}
	return accepted, err
}

func amendedToProto(o *domain.Order, from *domain.Amended, paper *snapshot) (proto.Message, error) {
	if paper == nil {
		return nil, fmt.Errorf("order %s was amended without a snapshot", o.ID)
	}
	amended := &orderv1.OrderAmended{
		OrderId: id.Format(id.Order, o.ID), Actor: from.Actor, Reason: from.Reason, Lines: allBuckets(o),
	}
	for _, change := range from.Changes {
		amended.Changes = append(amended.Changes, &orderv1.LineAmendment{
			LineNumber: change.Line, OrderedBefore: change.Before, Ordered: change.Ordered, Cancelled: change.Cancelled,
			UnitPriceBefore: change.PriceBefore,
		})
	}
	if from.Moved {
		priced, err := paper.order()
		if err != nil {
			return nil, err
		}
		amended.Freight = freightToProto(o, priced.GetCurrencyCode())
	}
	carry(amended, amendedOrderField, paper.wire)
	return amended, nil
}

func quantitiesToProto(parts []domain.Part) []*orderv1.LineQuantity {
	converted := make([]*orderv1.LineQuantity, 0, len(parts))
	for _, part := range parts {
		converted = append(converted, &orderv1.LineQuantity{
			LineNumber: part.Line, Quantity: part.Quantity, NodeId: string(part.Node),
		})
	}
	return converted
}

// bucketsOf is where the quantities of the lines of parts are, in their order.
func bucketsOf(o *domain.Order, parts []domain.Part) []*orderv1.LineBuckets {
	converted := make([]*orderv1.LineBuckets, 0, len(parts))
	for _, part := range parts {
		converted = append(converted, bucketsToProto(part.Line, o.Line(part.Line)))
	}
	return converted
}

func allBuckets(o *domain.Order) []*orderv1.LineBuckets {
	converted := make([]*orderv1.LineBuckets, 0, len(o.Lines))
	for i := range o.Lines {
		converted = append(converted, bucketsToProto(int32(i+1), &o.Lines[i]))
	}
	return converted
}

func bucketsToProto(number int32, line *domain.Line) *orderv1.LineBuckets {
	return &orderv1.LineBuckets{
		LineNumber: number, Ordered: line.Ordered, Open: line.Open, Backordered: line.Backordered,
		Reserved: line.Reserved, Released: line.Released, Shipped: line.Shipped, Cancelled: line.Cancelled,
		Invoiced: line.Invoiced,
	}
}
