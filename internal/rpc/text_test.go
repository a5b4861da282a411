package rpc

import (
	"testing"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestCheckTexts(t *testing.T) {
	request := &orderv1.SubmitOrderRequest{
		RequestId: "r", Lines: []*orderv1.SubmitOrderLine{{Sku: "A"}, {Sku: "B", Quantity: &commonv1.Quantity{Value: "1"}}},
	}
	if err := checkTexts(request.ProtoReflect()); err != nil {
		t.Errorf("a good request: %v", err)
	}
	request.Lines[1].Quantity.Unit = "E\x00A"
	refusal, ok := fault.As(checkTexts(request.ProtoReflect()))
	if !ok || refusal.Kind != fault.Invalid || refusal.Fields[0].Path != "lines[1].quantity.unit" || refusal.Fields[0].Reason != ReasonText {
		t.Errorf("refusal %+v", refusal)
	}
}
