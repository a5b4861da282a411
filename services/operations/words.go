package operations

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// telling says how an event is told.
type telling struct {
	message  proto.Message
	sentence func(proto.Message) string
	follows  func(proto.Message) cause
}

// cause names what an event follows where its publisher names no event: the first of a type of a thing.
type cause struct{ eventType, aggregate string }

// tells makes the telling of a kind of message.
func tells[M proto.Message](sentence func(M) string) telling {
	var none M
	return telling{message: none, sentence: func(message proto.Message) string { return tidy(sentence(message.(M))) }}
}

// tidy puts a sentence on one line, whatever texts came into it, and takes off what is left of parts that were empty.
func tidy(sentence string) string {
	return strings.TrimRight(strings.Join(strings.Fields(sentence), " "), " :,")
}

// after adds what such an event follows: the first event like the given one of the thing that aggregate names.
func after[M proto.Message](told telling, before proto.Message, aggregate func(M) string) telling {
	entry, err := policy.EventOf(before)
	if err != nil {
		panic(fmt.Errorf("operations: %w", err)) // a defect of the table, which every test shows
	}
	told.follows = func(message proto.Message) cause {
		if thing := aggregate(message.(M)); thing != "" {
			return cause{entry.Type, thing}
		}
		return cause{}
	}
	return told
}

// words are the words of events, by message.
type words map[protoreflect.FullName]telling

// tell adds to an event what it tells: the sentence, what it follows, who did it, and whether partners may see it.
func (w words) tell(message inbox.Message, event *domain.Event) {
	if message.Payload == nil {
		return
	}
	payload := message.Payload.ProtoReflect()
	if told, ok := w[payload.Descriptor().FullName()]; ok {
		event.Sentence = told.sentence(message.Payload)
		if told.follows != nil {
			follows := told.follows(message.Payload)
			event.CauseType, event.CauseAggregate = follows.eventType, follows.aggregate
		}
	}
	event.Actor = actorIn(payload)
	if entry, err := policy.EventOf(message.Payload); err == nil {
		event.ForPartners = entry.Visibility == policyv1.Visibility_VISIBILITY_PARTNER
	}
}

// allWords are the words of every event of an order. What is not here is told by its type.
func allWords() words {
	all := words{}
	for _, part := range [][]telling{
		orderWords(), fulfillmentWords(), shipmentWords(), returnWords(), inventoryWords(), billingWords(), providerWords(), operationsWords(), deliveryWords(),
		reconciliationWords(), masterWords(), erpWords(),
	} {
		for _, told := range part {
			all[told.message.ProtoReflect().Descriptor().FullName()] = told
		}
	}
	return all
}

// maxNamed is how many things a sentence lists before it counts the rest.
const maxNamed = 3

// list joins what things are called, and counts those beyond the first few.
func list[T any](things []T, name func(T) string) string {
	var named []string
	for _, thing := range things {
		if text := name(thing); text != "" {
			named = append(named, text)
		}
	}
	if rest := len(named) - maxNamed; rest > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(named[:maxNamed], ", "), rest)
	}
	return strings.Join(named, ", ")
}

// amountOf writes a quantity of an item: "2.5 KG of FLOUR".
func amountOf(base int64, scale int32, unit, sku string) string {
	return strings.Join(strings.Fields(quantity.Format(base, int(scale))+" "+unit+" of "+sku), " ")
}

// sum writes an amount of money: "12.50 GBP".
func sum(minor int64, currency string) string {
	text, err := money.FormatMinor(minor, currency)
	if err != nil {
		return strings.TrimSpace(fmt.Sprintf("%d (minor units) %s", minor, currency))
	}
	return text + " " + currency
}

// because adds a reason where there is one.
func because(sentence, reason string) string {
	if reason == "" {
		return sentence
	}
	return sentence + ": " + reason
}

// at adds a place where there is one.
func at(sentence, preposition, place string) string {
	if place == "" {
		return sentence
	}
	return sentence + " " + preposition + " " + place
}

// plain is the short form of an enum's value: "CREDIT" of HOLD_TYPE_CREDIT.
func plain(value fmt.Stringer, prefix string) string {
	return strings.TrimPrefix(value.String(), prefix)
}
