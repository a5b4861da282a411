package operations

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
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

func TestOnWhichTermsAnOrderWasAccepted(t *testing.T) {
	for want, terms := range map[string]*orderv1.TermsCheck{
		"": nil,
		" on terms of the customer that were 35m old, as the ERP did not answer: OUTSIDE_AWAY": {
			Basis: orderv1.TermsBasis_TERMS_BASIS_CACHED, Age: durationpb.New(35*time.Minute + 20*time.Second), Reason: "OUTSIDE_AWAY"},
		" on terms of the customer that were 3 days old, as the ERP did not answer: DEADLINE": {
			Basis: orderv1.TermsBasis_TERMS_BASIS_CACHED, Age: durationpb.New(80 * time.Hour), Reason: "DEADLINE"},
		" on terms of the customer that were never confirmed, as the ERP did not answer": {Basis: orderv1.TermsBasis_TERMS_BASIS_CACHED},
		" on terms of the customer that the ERP has refused: ACCOUNT_BLOCKED":            {Basis: orderv1.TermsBasis_TERMS_BASIS_REFUSED, Reason: "ACCOUNT_BLOCKED"},
	} {
		if got := onTerms(terms); got != want {
			t.Errorf("%v is told as %q, want %q", terms, got, want)
		}
	}
	if got := onTerms(&orderv1.TermsCheck{Basis: orderv1.TermsBasis_TERMS_BASIS_CONFIRMED, Age: durationpb.New(time.Second)}); got != "" {
		t.Errorf("what is a matter of course is told as %q", got)
	}
}

func TestCompletionNamesWhatWasNotShipped(t *testing.T) {
	line := func(number int32, cancelled int64) *orderv1.LineBuckets {
		return &orderv1.LineBuckets{LineNumber: number, Cancelled: cancelled}
	}
	for want, e := range map[string]*orderv1.OrderCompleted{
		"The order was completed: nothing of it remains": {Lines: []*orderv1.LineBuckets{line(1, 0), line(2, 0)}},
		"The order was completed: nothing of it remains; not all was shipped of line 2, line 3": {
			Lines: []*orderv1.LineBuckets{line(1, 0), line(2, 5), line(3, 1)},
		},
	} {
		if got := allWords()[e.ProtoReflect().Descriptor().FullName()].sentence(e); got != want {
			t.Errorf("told as %q, want %q", got, want)
		}
	}
}

func TestHowGoodsTravelAndWhetherThePortalKnows(t *testing.T) {
	cost := &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 695}
	for want, e := range map[string]*orderv1.OrderAccepted{
		"The order was accepted": {},
		"The order was accepted; the goods are to go by DPD NEXT_DAY for 6.95 GBP and arrive on 2026-03-02; the customer's portal was told before": {
			Freight:      &orderv1.FreightChoice{Carrier: "DPD", Service: "NEXT_DAY", Cost: cost, ArrivesOn: "2026-03-02"},
			PortalNotice: &orderv1.PortalNotice{Reference: "PN-1"},
		},
		"The order was accepted; the goods are to go by MAIL for 6.95 GBP and arrive on 2026-03-05, later than asked for": {
			Freight: &orderv1.FreightChoice{Carrier: "MAIL", Cost: cost, ArrivesOn: "2026-03-05", Late: true},
		},
		"The order was accepted; it is not known how the goods will travel: DEADLINE; the customer's portal could not be told: OUTSIDE_AWAY": {
			Freight: &orderv1.FreightChoice{Reason: "DEADLINE"}, PortalNotice: &orderv1.PortalNotice{Reason: "OUTSIDE_AWAY"},
		},
	} {
		words := allWords()[e.ProtoReflect().Descriptor().FullName()]
		if got := words.sentence(e); got != want {
			t.Errorf("told as %q, want %q", got, want)
		}
	}
}

func TestHowAWarehouseIsToShip(t *testing.T) {
	goods := []*fulfillmentv1.FulfillmentLine{{LineNumber: 1, Sku: "FLOUR", Requested: 25, Scale: 1, BaseUnit: "KG"}}
	for want, how := range map[string]*fulfillmentv1.ShippingInstructions{
		"EAST is to ship 2.5 KG of FLOUR":                                         nil,
		"EAST is to ship 2.5 KG of FLOUR by DPD":                                  {Carrier: "DPD"},
		"EAST is to ship 2.5 KG of FLOUR by DPD NEXT_DAY":                         {Carrier: "DPD", ServiceLevel: "NEXT_DAY"},
		"EAST is to ship 2.5 KG of FLOUR by DPD NEXT_DAY to arrive on 2026-03-02": {Carrier: "DPD", ServiceLevel: "NEXT_DAY", ArrivesOn: "2026-03-02"},
	} {
		e := &fulfillmentv1.FulfillmentCreated{Fulfillment: &fulfillmentv1.Fulfillment{NodeId: "EAST", Lines: goods, Instructions: how}}
		if got := allWords()[e.ProtoReflect().Descriptor().FullName()].sentence(e); got != want {
			t.Errorf("told as %q, want %q", got, want)
		}
	}
	cost := &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 695}
	amended := &orderv1.OrderAmended{
		Order:  &orderv1.PricedOrder{Revision: 1, NetTotalMinor: 1250, CurrencyCode: "GBP"},
		Reason: "moved", Freight: &orderv1.FreightChoice{Carrier: "DPD", Cost: cost, ArrivesOn: "2026-03-02"},
	}
	want := "The order was amended, revision 1, now 12.50 GBP before tax: moved; the goods are to go by DPD for 6.95 GBP and arrive on 2026-03-02"
	if got := allWords()[amended.ProtoReflect().Descriptor().FullName()].sentence(amended); got != want {
		t.Errorf("told as %q, want %q", got, want)
	}
}

// One thing is told as one, and nothing twice.
func TestSentencesReadWell(t *testing.T) {
	waiting := func(n int) *inventoryv1.ReservationReserved {
		reserved := &inventoryv1.ReservationReserved{}
		for range n {
			reserved.Lines = append(reserved.Lines, &inventoryv1.ReservationLine{Backordered: 1})
		}
		return reserved
	}
	for want, e := range map[string]proto.Message{
		"No stock could be set aside; 1 line waits for stock": waiting(1),
		"No stock could be set aside; 2 lines wait for stock": waiting(2),
		"Consumer c went on without event 6 of a: forged":     &deliveryv1.GapSkipped{Consumer: "c", Aggregate: "a", FirstSequence: 6, LastSequence: 6, Reason: "forged"},
		"Consumer c went on without events 6 to 7 of a":       &deliveryv1.GapSkipped{Consumer: "c", Aggregate: "a", FirstSequence: 6, LastSequence: 7},
		"bob has the exception":                               &operationsv1.ExceptionAssigned{Assignee: "bob", Reason: "to bob"},
		"bob has the exception: on duty":                      &operationsv1.ExceptionAssigned{Assignee: "bob", Reason: "to bob on duty"},
		"The exception went back to its queue":                &operationsv1.ExceptionAssigned{Reason: "back to the queue"},
	} {
		if got := allWords()[e.ProtoReflect().Descriptor().FullName()].sentence(e); got != want {
			t.Errorf("told as %q, want %q", got, want)
		}
	}
}
