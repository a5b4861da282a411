package fulfillment_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// §1.8: a blind receipt is in quality hold, is told as blind, and is credited by nobody until it is authorised.
func TestBlindReturnIsRecordedAndWaitsForADecision(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	blind := &fulfillmentv1.ReturnReceiptReport{NodeId: "YORK", Document: "d1", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{ShipmentLineId: lines[0], Received: 12}, {Sku: "lotted", Lot: "L1", Received: 1},
	}}
	outcomes := w.receiveBack(
		blind,
		&fulfillmentv1.ReturnReceiptReport{NodeId: "YORK", Document: "d2", Lines: []*fulfillmentv1.ReturnReceiptLine{{Sku: "Lotted", Received: 1}}},
		&fulfillmentv1.ReturnReceiptReport{ReturnId: "ret_nonsense", Document: "d3", Lines: []*fulfillmentv1.ReturnReceiptLine{{Position: 1, Received: 1}}},
		&fulfillmentv1.ReturnReceiptReport{NodeId: "MARS", Document: "d4", Lines: []*fulfillmentv1.ReturnReceiptLine{{Sku: "SKU-1", Received: 1}}},
		&fulfillmentv1.ReturnReceiptReport{NodeId: "YORK", Document: "d5", Lines: []*fulfillmentv1.ReturnReceiptLine{{Sku: "FEE", Received: 1}}},
		blind,
	)
	var reasons []string
	for _, outcome := range outcomes {
		reasons = append(reasons, outcome.GetRefusal().GetReason())
	}
	if diff := cmp.Diff([]string{"", "LOT_REQUIRED", "UNKNOWN_RETURN", "UNKNOWN_NODE", "NOT_STOCKED", ""}, reasons); diff != "" {
		t.Error(diff)
	}
	returnID := outcomes[0].GetReturnId()
	if outcomes[5].GetReturnId() != returnID {
		t.Errorf("a repeat is %s, want %s", outcomes[5].GetReturnId(), returnID)
	}
	got := w.getReturn(returnID)
	if !got.GetBlind() || got.GetNodeId() != "YORK" || got.GetOrderId() != "ord_a" || got.GetPartnerId() != "acme" ||
		got.GetLines()[0].GetBlind() != 12 || got.GetLines()[0].GetUninspected() != 12 {
		t.Errorf("return %v", got)
	}
	w.inspect(returnID, &fulfillmentv1.InspectionLine{Position: 1, OnHold: 12}, &fulfillmentv1.InspectionLine{Position: 2, Scrapped: 1})
	_, err := w.service.AuthorizeReturn(operator(t), &fulfillmentv1.AuthorizeReturnRequest{ReturnId: returnID, RequestId: "k1"})
	wantFault(t, err, "NOT_RETURNABLE", "lines[0].quantity")
	if _, err = w.service.AuthorizeReturn(operator(t), &fulfillmentv1.AuthorizeReturnRequest{
		ReturnId: returnID, RequestId: "k2", Lines: []*fulfillmentv1.AuthorizeReturnLine{{Position: 1, Quantity: "10"}},
	}); err != nil {
		t.Fatal(err)
	}
	if line := w.getReturn(returnID).GetLines()[0]; line.GetCredited() != 10 || line.GetBlind() != 2 || line.GetOnHold() != 12 {
		t.Errorf("line %v", line)
	}
	told, tied := w.toldOf(4, "fulfillment.return")
	if diff := cmp.Diff(map[string][]string{returnID: {"received", "inspected", "authorized", "inspected"}}, told); diff != "" {
		t.Error(diff)
	}
	if tied[returnID] == "" {
		t.Error("the events are tied to nothing")
	}
	w.sound()
}

func TestConcurrentReportsOfOneBlindReturnAreOneReturn(t *testing.T) {
	w := newInbound(t)
	var group sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		group.Go(func() {
			ids[i] = w.receiveBack(&fulfillmentv1.ReturnReceiptReport{NodeId: "LEEDS", Document: "d", Lines: []*fulfillmentv1.ReturnReceiptLine{
				{Sku: "SKU-1", Received: int64(i + 1)},
			}})[0].GetReturnId()
		})
	}
	group.Wait()
	for _, one := range ids {
		if one != ids[0] || one == "" {
			t.Fatalf("returns %v", ids)
		}
	}
	if line := w.getReturn(ids[0]).GetLines()[0]; line.GetReceived() != 8 {
		t.Errorf("line %v", line)
	}
	w.sound()
}
