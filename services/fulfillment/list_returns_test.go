package fulfillment_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

func TestReturnsAreListedForTheirPartner(t *testing.T) {
	w := newInbound(t)
	lines := w.left("a", 10)
	elsewhere := order("b", 10)
	elsewhere.PartnerId, elsewhere.AccountId = "other", "CUST-2"
	shipped := w.ship(shipment(w.create(elsewhere), "b", 10))[0].GetShipmentId()
	names := map[string]string{}
	for i := range 3 {
		names[w.request(operator(t), fmt.Sprint("k", i), lines[0], "1").GetReturnId()] = fmt.Sprint("a", i)
	}
	names[w.request(partner(t, "other"), "k4", shipped+"/1", "1").GetReturnId()] = "b0"
	blind := w.receiveBack(&fulfillmentv1.ReturnReceiptReport{NodeId: "YORK", Document: "d", Lines: []*fulfillmentv1.ReturnReceiptLine{
		{Sku: "SKU-1", Received: 1},
	}})[0].GetReturnId()
	names[blind] = "blind"
	list := func(ctx context.Context, req *fulfillmentv1.ListReturnsRequest) (all []string) {
		for {
			reply, err := w.service.ListReturns(ctx, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range reply.GetReturns() {
				all = append(all, names[one.GetReturnId()])
			}
			if req.PageToken = reply.GetNextPageToken(); req.GetPageToken() == "" {
				return all
			}
		}
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		req  *fulfillmentv1.ListReturnsRequest
		want []string
	}{
		"all":                     {operator(t), &fulfillmentv1.ListReturnsRequest{PageSize: 2}, []string{"blind", "b0", "a2", "a1", "a0"}},
		"a partner's":             {partner(t, "acme"), &fulfillmentv1.ListReturnsRequest{PageSize: 2}, []string{"a2", "a1", "a0"}},
		"an order's":              {operator(t), &fulfillmentv1.ListReturnsRequest{OrderId: "ord_b"}, []string{"b0"}},
		"another partner's order": {partner(t, "acme"), &fulfillmentv1.ListReturnsRequest{OrderId: "ord_b"}, nil},
		"an account's":            {operator(t), &fulfillmentv1.ListReturnsRequest{AccountId: "CUST-2"}, []string{"b0"}},
		"the blind":               {operator(t), &fulfillmentv1.ListReturnsRequest{Blind: true}, []string{"blind"}},
		"the undecided":           {operator(t), &fulfillmentv1.ListReturnsRequest{State: fulfillmentv1.ReturnState_RETURN_STATE_REQUESTED}, []string{"b0"}},
	} {
		if diff := cmp.Diff(c.want, list(c.ctx, c.req)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
