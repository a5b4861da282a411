package fulfillment_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func TestWhatIsTakenBackMayBeAskedForAgain(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	first := w.request(operator(t), "k1", lines[0], "10")
	_, err := w.service.RequestReturn(operator(t), returnRequest("k2", lines[0], "1"))
	wantFault(t, err, "NOT_RETURNABLE", "lines[0].quantity")
	_, err = w.service.VoidReturn(operator(t), &fulfillmentv1.VoidReturnRequest{ReturnId: first.GetReturnId(), RequestId: "k3", Reason: "kept", Etag: "99"})
	wantFault(t, err, "ETAG_MISMATCH", "etag")
	void := func(key string, quantity int64) (*fulfillmentv1.VoidReturnResponse, error) {
		return w.service.VoidReturn(partner(t, "acme"), &fulfillmentv1.VoidReturnRequest{
			ReturnId: first.GetReturnId(), RequestId: key, Reason: "kept", Lines: []*fulfillmentv1.VoidReturnLine{{Position: 1, Quantity: strconv.FormatInt(quantity, 10)}},
		})
	}
	_, err = void("k4", 11)
	wantFault(t, err, "NOT_VOIDABLE", "lines[0].quantity")
	_, err = void("k4", 0)
	wantFault(t, err, "QUANTITY_NOT_POSITIVE", "lines[0].quantity")
	_, err = w.service.AuthorizeReturn(operator(t), &fulfillmentv1.AuthorizeReturnRequest{
		ReturnId: first.GetReturnId(), RequestId: "k4", Lines: []*fulfillmentv1.AuthorizeReturnLine{{Position: 1, Quantity: "0.5"}},
	})
	wantFault(t, err, "UOM_NOT_DIVISIBLE", "lines[0].quantity")
	for range 2 {
		reply, err := void("k5", 4)
		if err != nil || reply.GetReturnDocument().GetLines()[0].GetVoided() != 4 {
			t.Fatalf("voided %v, %v", reply, err)
		}
	}
	second := w.request(operator(t), "k6", lines[0], "4")
	if _, err := w.service.CancelReturn(partner(t, "acme"), &fulfillmentv1.CancelReturnRequest{
		ReturnId: second.GetReturnId(), RequestId: "k7", Reason: "kept",
	}); err != nil {
		t.Fatal(err)
	}
	third := w.request(partner(t, "acme"), "k8", lines[0], "4")
	if _, err := w.service.DeclineReturn(operator(t), &fulfillmentv1.DeclineReturnRequest{
		ReturnId: third.GetReturnId(), RequestId: "k9", Reason: "worn",
	}); err != nil {
		t.Fatal(err)
	}
	told, _ := w.toldOf(8, "fulfillment.return")
	want := map[string][]string{
		first.GetReturnId(): {"requested", "authorized", "voided"}, second.GetReturnId(): {"requested", "authorized", "declined"},
		third.GetReturnId(): {"requested", "declined"},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if got := w.getReturn(third.GetReturnId()); got.GetState() != fulfillmentv1.ReturnState_RETURN_STATE_DECLINED || got.GetDecisionReason() != "worn" {
		t.Errorf("declined %v", got)
	}
	w.sound()
}

func TestClosedReturnVoidsTheRest(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	made := w.request(operator(t), "k1", lines[0], "10")
	w.receiveBack(&fulfillmentv1.ReturnReceiptReport{ReturnId: made.GetReturnId(), Document: "d", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{Position: 1, Received: 3},
	}})
	end := func(key string) (*fulfillmentv1.CloseReturnResponse, error) {
		return w.service.CloseReturn(operator(t), &fulfillmentv1.CloseReturnRequest{ReturnId: made.GetReturnId(), RequestId: key, Reason: "done"})
	}
	_, err := end("k2")
	wantFault(t, err, "NOT_INSPECTED", "")
	w.inspect(made.GetReturnId(), &fulfillmentv1.InspectionLine{Position: 1, ReturnedToVendor: 3})
	reply, err := end("k3")
	if err != nil || reply.GetReturnDocument().GetState() != fulfillmentv1.ReturnState_RETURN_STATE_INSPECTED {
		t.Fatalf("its credit is under way: %v, %v", reply, err)
	}
	w.memo(reply.GetReturnDocument())
	w.eventually("the return is closed", func() bool {
		return w.getReturn(made.GetReturnId()).GetState() == fulfillmentv1.ReturnState_RETURN_STATE_CLOSED
	})
	w.request(operator(t), "k4", lines[0], "7")
	w.sound()
}
