package order

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// How goods travel is told with an amendment that sends them elsewhere, and with no other.
func TestAnAmendedAddressIsToldWithItsFreight(t *testing.T) {
	o := &domain.Order{Progress: domain.Progress{Freight: domain.FreightChoice{FreightOption: domain.FreightOption{Carrier: "DPD", CostMinor: 695}, At: time.Now()}}}
	paper := &snapshot{parsed: &orderv1.PricedOrder{CurrencyCode: "GBP"}}
	for _, moved := range []bool{true, false} {
		told, err := amendedToProto(o, &domain.Amended{Revision: 1, Moved: moved}, paper)
		if err != nil {
			t.Fatal(err)
		}
		freight := told.(*orderv1.OrderAmended).GetFreight()
		if moved && (freight.GetCarrier() != "DPD" || freight.GetCost().GetCurrencyCode() != "GBP") || !moved && freight != nil {
			t.Errorf("moved %v: told with %v", moved, freight)
		}
	}
}

// What is carried in wire form is an ordinary field for whoever reads the message.
func TestACarriedSnapshotIsAnOrdinaryField(t *testing.T) {
	snapshot := &orderv1.PricedOrder{OrderId: "ord_1", AccountId: "ACME", Lines: []*orderv1.PricedLine{{LineNumber: 1, Sku: "A", Quantity: 3}}}
	wire, err := sealSnapshot(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		carrier proto.Message
		number  protowire.Number
		read    func(proto.Message) *orderv1.PricedOrder
	}{
		{&orderv1.OrderReceived{OrderId: "ord_1"}, receivedOrderField, func(m proto.Message) *orderv1.PricedOrder { return m.(*orderv1.OrderReceived).GetOrder() }},
		{&orderv1.OrderAmended{OrderId: "ord_1"}, amendedOrderField, func(m proto.Message) *orderv1.PricedOrder { return m.(*orderv1.OrderAmended).GetOrder() }},
		{&billingv1.CreditClaim{Key: "k"}, claimOrderField, func(m proto.Message) *orderv1.PricedOrder { return m.(*billingv1.CreditClaim).GetOrder() }},
	} {
		carry(test.carrier, test.number, wire)
		sent, err := proto.Marshal(test.carrier)
		if err != nil {
			t.Fatal(err)
		}
		read := test.carrier.ProtoReflect().New().Interface()
		if err := proto.Unmarshal(sent, read); err != nil {
			t.Fatal(err)
		}
		if got := test.read(read); !proto.Equal(got, snapshot) || len(got.GetSnapshotHash()) == 0 || len(read.ProtoReflect().GetUnknown()) != 0 {
			t.Errorf("%T carries %v, want %v", read, got, snapshot)
		}
	}
}

func TestEveryNameHasItsEnum(t *testing.T) {
	for _, state := range []domain.State{domain.Received, domain.Accepted, domain.Held, domain.Rejected, domain.Cancelled} {
		if stateToProto(state) == 0 || stateFromProto(stateToProto(state)) != state {
			t.Errorf("state %s has no enum", state)
		}
	}
	for _, status := range []domain.Status{
		domain.StatusReceived, domain.StatusClosed, domain.StatusRejected, domain.StatusHeld, domain.StatusCancelled, domain.StatusInvoiced,
		domain.StatusShipped, domain.StatusPartiallyShipped, domain.StatusReleased, domain.StatusAllocated,
		domain.StatusBackordered, domain.StatusAccepted,
	} {
		if statusToProto(status) == 0 || statusFromProto(statusToProto(status)) != status {
			t.Errorf("status %s has no enum", status)
		}
	}
	for _, policy := range []domain.Policy{domain.ShipPartial, domain.ShipComplete, domain.FillOrKill} {
		if policyToProto(policy) == 0 || policyFromProto(policyToProto(policy)) != policy {
			t.Errorf("policy %s has no enum", policy)
		}
	}
	for number := range orderv1.HoldType_name {
		if kind := orderv1.HoldType(number); holdTypeToProto(holdTypeFromProto(kind)) != kind {
			t.Errorf("hold type %v does not come back", kind)
		}
	}
	if statusFromProto(0) != "" || stateFromProto(0) != "" {
		t.Error("unspecified is not any")
	}
}
