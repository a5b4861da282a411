package idempotency_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/idempotency"
)

func order() *orderv1.SubmitOrderRequest {
	return &orderv1.SubmitOrderRequest{
		RequestId:       "r-1",
		ExternalOrderId: "PO-1",
		AccountId:       "ACME",
		CurrencyCode:    "GBP",
		ShipTo:          &commonv1.Address{Name: "ACME", Lines: []string{"1 High Street"}, CountryCode: "GB"},
		Lines: []*orderv1.SubmitOrderLine{
			{Sku: "A", Quantity: &commonv1.Quantity{Value: "2", Unit: "EA"}, UnitPrice: "1.50"},
			{Sku: "B", Quantity: &commonv1.Quantity{Value: "1", Unit: "CS"}},
		},
		Wait: durationpb.New(5e9),
	}
}

// The form is stored for days: another one needs another version, not another expectation here.
func TestTheFormOfVersionOne(t *testing.T) {
	const want = "012cf5da5918e99d4a9a62f479a929e953d6d7bfe1dadac3af53495a35d227fed8"
	if got := hex.EncodeToString(idempotency.Hash(order())); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	rest, err := structpb.NewStruct(map[string]any{"a": -1.5, "b": []any{true, nil}})
	if err != nil {
		t.Fatal(err)
	}
	rest.ProtoReflect().SetUnknown([]byte{0xf8, 0x7f, 1})
	const wantRest = "01222b11af53966d448aae35189d49b48691166948ada0b828a049da26f584e56d"
	if got := hex.EncodeToString(idempotency.Hash(rest)); got != wantRest {
		t.Errorf("hash of maps, lists and unknown fields %s, want %s", got, wantRest)
	}
}

func TestWhatDoesNotChangeTheHash(t *testing.T) {
	want := idempotency.Hash(order(), "wait")
	same := map[string]*orderv1.SubmitOrderRequest{}
	again := order()
	again.RequestId, again.Wait = "r-2", nil
	same["another request id, another presentation"] = again

	text, err := protojson.Marshal(order())
	if err != nil {
		t.Fatal(err)
	}
	same["through JSON"] = &orderv1.SubmitOrderRequest{}
	if err := protojson.Unmarshal(text, same["through JSON"]); err != nil {
		t.Fatal(err)
	}

	// The same fields in another order on the wire: the lines first, then the rest.
	tail, err := proto.Marshal(&orderv1.SubmitOrderRequest{Lines: order().GetLines()})
	if err != nil {
		t.Fatal(err)
	}
	head := order()
	head.Lines = nil
	rest, err := proto.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	same["in another order on the wire"] = &orderv1.SubmitOrderRequest{}
	if err := proto.Unmarshal(append(tail, rest...), same["in another order on the wire"]); err != nil {
		t.Fatal(err)
	}
	for name, request := range same {
		if !bytes.Equal(idempotency.Hash(request, "wait"), want) {
			t.Errorf("%s: another hash", name)
		}
	}
}

func TestWhatChangesTheHash(t *testing.T) {
	changes := map[string]func(*orderv1.SubmitOrderRequest){
		"nothing":                        func(*orderv1.SubmitOrderRequest) {},
		"a wait that is no presentation": func(r *orderv1.SubmitOrderRequest) { r.Wait = nil },
		"a quantity":                     func(r *orderv1.SubmitOrderRequest) { r.Lines[0].Quantity.Value = "3" },
		"a line less":                    func(r *orderv1.SubmitOrderRequest) { r.Lines = r.Lines[:1] },
		"a line more":                    func(r *orderv1.SubmitOrderRequest) { r.Lines = append(r.Lines, r.Lines[0]) },
		"an empty line more": func(r *orderv1.SubmitOrderRequest) {
			r.Lines = append(r.Lines, &orderv1.SubmitOrderLine{})
		},
		"lines swapped": func(r *orderv1.SubmitOrderRequest) { r.Lines[0], r.Lines[1] = r.Lines[1], r.Lines[0] },
		"text moved over a border": func(r *orderv1.SubmitOrderRequest) {
			r.ShipTo.Name, r.ShipTo.Lines[0] = "ACME1", " High Street"
		},
		"an enum":                   func(r *orderv1.SubmitOrderRequest) { r.FulfillmentPolicy = 2 },
		"an empty message set":      func(r *orderv1.SubmitOrderRequest) { r.OrderedAt = nil; r.ShipTo = &commonv1.Address{} },
		"a message unset":           func(r *orderv1.SubmitOrderRequest) { r.ShipTo = nil },
		"an unknown field":          func(r *orderv1.SubmitOrderRequest) { r.ProtoReflect().SetUnknown([]byte{0xf8, 0x7f, 1}) },
		"an unknown field, other":   func(r *orderv1.SubmitOrderRequest) { r.ProtoReflect().SetUnknown([]byte{0xf8, 0x7f, 2}) },
		"an unknown field, deeper":  func(r *orderv1.SubmitOrderRequest) { r.Lines[0].ProtoReflect().SetUnknown([]byte{0xf8, 0x7f, 1}) },
		"an unknown field, deeper2": func(r *orderv1.SubmitOrderRequest) { r.Lines[1].ProtoReflect().SetUnknown([]byte{0xf8, 0x7f, 1}) },
	}
	seen := map[string]string{}
	for name, change := range changes {
		request := order()
		change(request)
		hash := string(idempotency.Hash(request))
		if other, taken := seen[hash]; taken {
			t.Errorf("%q and %q have one hash", name, other)
		}
		seen[hash] = name
	}
	if hash := idempotency.Hash(&orderv1.GetOrderRequest{}); bytes.Equal(hash, idempotency.Hash(&orderv1.GetOrderResponse{})) {
		t.Error("two types of request have one hash")
	}
}

// All kinds of values, maps among them, whose order in memory is random.
func TestMapsAndAllKindsOfNumbers(t *testing.T) {
	value := func() *structpb.Struct {
		made, err := structpb.NewStruct(map[string]any{
			"a": 1.5, "b": true, "c": "text", "d": []any{1.0, nil, map[string]any{"x": "y"}}, "e": false, "f": nil,
		})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	want := idempotency.Hash(value())
	for range 20 {
		if !bytes.Equal(idempotency.Hash(value()), want) {
			t.Fatal("the hash depends on the order of a map")
		}
	}
	other := value()
	other.Fields["a"] = structpb.NewNumberValue(1.25)
	if bytes.Equal(idempotency.Hash(other), want) {
		t.Error("another number in a map has the same hash")
	}
}

func BenchmarkHash(b *testing.B) {
	request := order()
	for len(request.GetLines()) < 5 {
		request.Lines = append(request.Lines, request.GetLines()[0])
	}
	b.ReportAllocs()
	for b.Loop() {
		idempotency.Hash(request, "wait")
	}
}
