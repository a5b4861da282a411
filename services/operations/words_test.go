package operations

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/waybill-dev/waybill/internal/policy"
)

// Every event that concerns an order has words, and no words are about what is no event.
func TestEveryEventOfAnOrderHasWords(t *testing.T) {
	words, told := allWords(), 0
	for _, event := range policy.Events() {
		found, err := protoregistry.GlobalTypes.FindMessageByName(event.Message)
		if err != nil {
			t.Fatal(err)
		}
		telling, ok := words[event.Message]
		if !ok {
			if concernsOrders(found.Descriptor()) {
				t.Errorf("%s names an order and has no words: add them to the words_….go of its domain", event.Type)
			}
			continue
		}
		told++
		empty := found.New().Interface()
		sentence := telling.sentence(empty)
		if sentence == "" || strings.Contains(sentence, "%!") || strings.ContainsAny(sentence[len(sentence)-1:], ".,: ") {
			t.Errorf("%s of an empty payload is told as %q", event.Type, sentence)
		}
		if telling.follows != nil {
			if got := telling.follows(empty); got.aggregate != "" || got.eventType != "" {
				t.Errorf("%s of an empty payload follows %+v", event.Type, got)
			}
		}
	}
	if told != len(words) {
		t.Errorf("%d of %d words are about events", told, len(words))
	}
}

// What an order's field is called in a document is what the reader looks for.
func TestConcernsOrders(t *testing.T) {
	for name, want := range map[protoreflect.FullName]bool{
		"waybill.order.v1.OrderReceived": true, "waybill.fulfillment.v1.ShipmentShipped": true, "waybill.billing.v1.InvoiceIssued": true,
		"waybill.fulfillment.v1.ReturnClosed": true, "waybill.billing.v1.PaymentRecorded": false, "waybill.inventory.v1.StockMoved": false,
	} {
		found, err := protoregistry.GlobalTypes.FindMessageByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := concernsOrders(found.Descriptor()); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
