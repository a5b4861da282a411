package fulfillment_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestReturnFromRequestToCreditedAndClosed(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	asked := w.request(partner(t, "acme"), "k1", lines[0], "4")
	if asked.GetState() != fulfillmentv1.ReturnState_RETURN_STATE_REQUESTED || asked.GetLines()[0].GetRequested() != 4 ||
		asked.GetOrderId() != "ord_a" || asked.GetNodeId() != "LEEDS" {
		t.Errorf("asked %v", asked)
	}
	fee := int32(1000)
	granted, err := w.service.AuthorizeReturn(operator(t), &fulfillmentv1.AuthorizeReturnRequest{
		ReturnId: asked.GetReturnId(), RequestId: "k2", Etag: asked.GetEtag(),
		Lines: []*fulfillmentv1.AuthorizeReturnLine{{Position: 1, Quantity: "3", RestockingFeeBp: &fee}},
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.service.AuthorizeReturn(operator(t), &fulfillmentv1.AuthorizeReturnRequest{
		ReturnId: asked.GetReturnId(), RequestId: "k2", Etag: asked.GetEtag(),
		Lines: []*fulfillmentv1.AuthorizeReturnLine{{Position: 1, Quantity: "3", RestockingFeeBp: &fee}},
	})
	if diff := cmp.Diff(granted, again, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("a repeat: %v\n%s", err, diff)
	}
	if _, err := w.service.ShipReturn(partner(t, "acme"), &fulfillmentv1.ShipReturnRequest{
		ReturnId: asked.GetReturnId(), RequestId: "k3", Carrier: "DHL", TrackingNumber: "1Z",
	}); err != nil {
		t.Fatal(err)
	}
	report := &fulfillmentv1.ReturnReceiptReport{ReturnId: asked.GetReturnId(), Document: "d1", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{Position: 1, Received: 3},
	}}
	for _, outcome := range w.receiveBack(report, report) {
		if outcome.GetReturnId() != asked.GetReturnId() {
			t.Errorf("outcome %v", outcome)
		}
	}
	w.inspect(asked.GetReturnId(), &fulfillmentv1.InspectionLine{Position: 1, Restocked: 2, Damaged: 1, Withheld: 1, WithheldReason: "broken"})
	got := w.getReturn(asked.GetReturnId())
	if line := got.GetLines()[0]; got.GetState() != fulfillmentv1.ReturnState_RETURN_STATE_INSPECTED || line.GetCredited() != 2 ||
		line.GetDamaged() != 1 || line.GetRestockingFeeBp() != 1000 || got.GetTrackingNumber() != "1Z" {
		t.Errorf("inspected %v", got)
	}
	w.memo(got)
	w.eventually("the return is closed", func() bool {
		return w.getReturn(asked.GetReturnId()).GetState() == fulfillmentv1.ReturnState_RETURN_STATE_CLOSED
	})
	told, tied := w.toldOf(6, "fulfillment.return")
	want := map[string][]string{asked.GetReturnId(): {"requested", "authorized", "in_transit", "received", "inspected", "closed"}}
	if diff := cmp.Diff(want, told); diff != "" || tied[asked.GetReturnId()] != "ord_a" {
		t.Errorf("tied to %q\n%s", tied[asked.GetReturnId()], diff)
	}
	w.sound()
}

// L3: whoever asks at the same moment, no more may come back than was shipped.
func TestConcurrentRequestsNeverReturnMoreThanWasShipped(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	var group sync.WaitGroup
	granted := make([]int64, 12)
	for i := range granted {
		group.Go(func() {
			reply, err := w.service.RequestReturn(operator(t), returnRequest(fmt.Sprint("k", i), lines[0], "3"))
			switch {
			case err == nil:
				granted[i] = reply.GetReturnDocument().GetLines()[0].GetAuthorized()
			case fault.ReasonOf(err) != "NOT_RETURNABLE":
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	group.Wait()
	var sum int64
	for _, quantity := range granted {
		sum += quantity
	}
	if sum != 9 {
		t.Errorf("%d of 10 may come back by threes", sum)
	}
	w.sound()
}

func TestRequestReturnIsForTheOwner(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	_, err := w.service.RequestReturn(partner(t, "other"), returnRequest("k1", lines[0], "1"))
	wantFault(t, err, "UNKNOWN_SHIPMENT_LINE", "lines[0].shipment_line_id")
	req := returnRequest("k2", lines[0], "1")
	req.PartnerId = "acme"
	_, err = w.service.RequestReturn(partner(t, "other"), req)
	wantFault(t, err, "PARTNER_MISMATCH", "partner_id")
	asked := w.request(partner(t, "acme"), "k3", lines[0], "1")
	_, err = w.service.CancelReturn(partner(t, "other"), &fulfillmentv1.CancelReturnRequest{ReturnId: asked.GetReturnId(), RequestId: "k4", Reason: "x"})
	wantFault(t, err, "RETURN_NOT_FOUND", "")
	_, err = w.service.GetReturn(partner(t, "other"), &fulfillmentv1.GetReturnRequest{ReturnId: asked.GetReturnId()})
	wantFault(t, err, "RETURN_NOT_FOUND", "")
	_, err = w.service.RequestReturn(partner(t, "acme"), returnRequest("k3", lines[0], "2"))
	wantFault(t, err, "REQUEST_ID_REUSED", "request_id")
}

func TestPartnersNumberOfAReturnIsUniqueForEver(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	request := func(key, quantity string) (*fulfillmentv1.RequestReturnResponse, error) {
		req := returnRequest(key, lines[0], quantity)
		req.RmaNumber = "R-1"
		return w.service.RequestReturn(partner(t, "acme"), req)
	}
	var group sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		group.Go(func() {
			reply, err := request(fmt.Sprint("k", i), "2")
			if err != nil {
				t.Error(err)
			}
			ids[i] = reply.GetReturnDocument().GetReturnId()
		})
	}
	group.Wait()
	for _, one := range ids {
		if one != ids[0] {
			t.Errorf("one number is several returns: %v", ids)
		}
	}
	_, err := request("k9", "3")
	wantFault(t, err, "RETURN_DIFFERS", "")
	listed, err := w.service.ListReturns(partner(t, "acme"), &fulfillmentv1.ListReturnsRequest{RmaNumber: "R-1"})
	if err != nil || len(listed.GetReturns()) != 1 {
		t.Errorf("listed %v, %v", listed, err)
	}
}

// The importer's way: goods that come back without reference, at an agreed price.
func TestReturnWithoutReferenceCarriesItsPrice(t *testing.T) {
	w := newInbound(t)
	req := &fulfillmentv1.RequestReturnRequest{
		RequestId: "k1", AccountId: "CUST-1", CurrencyCode: "GBP", NodeId: "LEEDS", RmaNumber: "C536379",
		Lines: []*fulfillmentv1.RequestReturnLine{
			{Sku: "sku-1", Quantity: "2", AgreedUnitPrice: "1.85"}, {Sku: "FEE", Quantity: "1", AgreedUnitPrice: "27.50", TaxClass: "zero"},
		},
	}
	_, err := w.service.RequestReturn(partner(t, "acme"), req)
	wantFault(t, err, "REFERENCE_REQUIRED", "lines[0].sku")
	reply, err := w.service.RequestReturn(operator(t), req)
	if err != nil {
		t.Fatal(err)
	}
	made := reply.GetReturnDocument()
	if fee := made.GetLines()[1]; fee.GetCredited() != 1 || !fee.GetService() || fee.GetTaxClass() != "zero" || made.GetCurrencyCode() != "GBP" {
		t.Errorf("made %v", made)
	}
	w.receiveBack(&fulfillmentv1.ReturnReceiptReport{ReturnId: made.GetReturnId(), Document: "C536379", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{Sku: "SKU-1", Received: 2},
	}})
	w.inspect(made.GetReturnId(), &fulfillmentv1.InspectionLine{Position: 1, Restocked: 2})
	if line := w.getReturn(made.GetReturnId()).GetLines()[0]; line.GetCredited() != 2 || line.GetAgreedUnitPrice() != "1.85" || line.GetSku() != "SKU-1" {
		t.Errorf("line %v", line)
	}
	w.sound()
}
