package operations

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// orderField is the field by which messages of the contract name the sales order.
const orderField protoreflect.Name = "order_id"

// maxObjects bounds how many things one event may name.
const maxObjects = 1000

// factOf reads what an event says of orders, from the event alone. What it tells is left to words.tell.
func factOf(message inbox.Message) domain.Fact {
	fact := domain.Fact{Event: domain.Event{
		ID: message.ID, Type: message.Type, Kind: message.Kind, Aggregate: message.Aggregate, Sequence: message.Sequence,
		OccurredAt: message.OccurredAt, RecordedAt: message.RecordedAt, CausationID: message.CausationID, Sentence: message.Type,
	}}
	if order := message.CorrelationID; isOrder(order) {
		fact.Orders = []string{order}
	}
	if message.Payload == nil {
		return fact
	}
	payload := message.Payload.ProtoReflect()
	if named := ordersIn(payload); len(named) > 0 {
		fact.Orders = named
	}
	if len(fact.Orders) == 0 {
		fact.Objects = objectsIn(payload)
	}
	if received, ok := message.Payload.(*orderv1.OrderReceived); ok && isOrder(received.GetOrderId()) {
		order := received.GetOrder()
		fact.Received = &domain.KnownOrder{
			ID: received.GetOrderId(), Partner: order.GetPartnerId(), Channel: order.GetChannel(),
			ExternalID: order.GetExternalOrderId(), Release: order.GetReleaseNumber(), Account: order.GetAccountId(),
		}
	}
	return fact
}

func isOrder(text string) bool { return strings.HasPrefix(text, id.Order+"_") }

// ordersIn are the orders that a payload names: itself, or in the document that it carries.
func ordersIn(payload protoreflect.Message) []string {
	if field := payload.Descriptor().Fields().ByName(orderField); field != nil && isText(field) {
		if order := payload.Get(field).String(); isOrder(order) {
			return []string{order}
		}
	}
	var found []string
	payload.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if named := orderIn(field); named != nil {
			if order := value.Message().Get(named).String(); isOrder(order) && !slices.Contains(found, order) {
				found = append(found, order)
			}
		}
		return true
	})
	slices.Sort(found)
	return found
}

// orderIn is the field of a document in a field that names its order, or nil.
func orderIn(field protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if field.Message() == nil || field.IsList() || field.IsMap() {
		return nil
	}
	named := field.Message().Fields().ByName(orderField)
	if named == nil || !isText(named) {
		return nil
	}
	return named
}

func isText(field protoreflect.FieldDescriptor) bool {
	return field.Kind() == protoreflect.StringKind && !field.IsList()
}

// concernsOrders reports whether events of a kind of message name their order.
func concernsOrders(message protoreflect.MessageDescriptor) bool {
	if message.Fields().ByName(orderField) != nil {
		return true
	}
	for i := range message.Fields().Len() {
		if orderIn(message.Fields().Get(i)) != nil {
			return true
		}
	}
	return false
}

// ofOrders are the prefixes of the ids of things that belong to orders.
var ofOrders = []string{id.Reservation, id.Claim, id.Fulfillment, id.Shipment, id.Invoice, id.CreditMemo, id.Return, id.Payment} //nolint:gochecknoglobals // a constant in all but syntax

// objectsIn are the things that a payload names and that may belong to an order, sorted.
func objectsIn(payload protoreflect.Message) []string {
	found := map[string]bool{}
	gatherObjects(payload, found)
	objects := make([]string, 0, len(found))
	for object := range found {
		objects = append(objects, object)
	}
	slices.Sort(objects)
	return objects[:min(len(objects), maxObjects)]
}

func gatherObjects(message protoreflect.Message, found map[string]bool) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				gatherObjects(value.List().Get(i).Message(), found)
			}
		case field.IsList():
		case field.Message() != nil:
			gatherObjects(value.Message(), found)
		case isText(field):
			prefix, _, ok := strings.Cut(value.String(), "_")
			if ok && slices.Contains(ofOrders, prefix) {
				if _, err := id.Parse(prefix, value.String()); err == nil {
					found[value.String()] = true
				}
			}
		}
		return true
	})
}

// actorIn is who did it, where the payload says so: itself or a document in it.
func actorIn(payload protoreflect.Message) string {
	const actorField protoreflect.Name = "actor"
	if field := payload.Descriptor().Fields().ByName(actorField); field != nil && isText(field) {
		return payload.Get(field).String()
	}
	actor := ""
	payload.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Message() == nil || field.IsList() || field.IsMap() {
			return true
		}
		if named := field.Message().Fields().ByName(actorField); named != nil && isText(named) {
			actor = value.Message().Get(named).String()
		}
		return actor == ""
	})
	return actor
}
