package fulfillment_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// as calls the service directly with the identity that the gateway would forward for a partner.
func as(t *testing.T, partner string) context.Context {
	t.Helper()
	return rpc.WithIdentity(t.Context(), rpc.Identity{Service: rpc.Gateway, Partner: partner})
}

// pages lists by pages of two.
func (w *world) pages(ctx context.Context, order string) []string {
	w.t.Helper()
	var numbers []string
	req := &fulfillmentv1.ListShipmentsRequest{OrderId: order, PageSize: 2}
	for {
		page, err := w.service.ListShipments(ctx, req)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(page.GetShipments()) > 2 {
			w.t.Fatalf("a page of %d", len(page.GetShipments()))
		}
		for _, one := range page.GetShipments() {
			numbers = append(numbers, one.GetWarehouseShipmentId())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return numbers
		}
	}
}

func TestListShipments(t *testing.T) {
	w := newWorld(t, idle)
	theirs := order("theirs", 1)
	theirs.PartnerId = "other"
	mine, other := w.create(order("mine", 9)), w.create(theirs)
	for i := range 5 {
		w.ship(shipment(mine, fmt.Sprint("w", i), 1))
	}
	w.ship(shipment(other, "w5", 1))
	for name, c := range map[string]struct {
		partner, order string
		want           []string
	}{
		"everything":         {"", "", []string{"w5", "w4", "w3", "w2", "w1", "w0"}},
		"a partner's":        {"acme", "", []string{"w4", "w3", "w2", "w1", "w0"}},
		"an order's":         {"", "ord_theirs", []string{"w5"}},
		"a partner's order":  {"other", "ord_theirs", []string{"w5"}},
		"another's order":    {"acme", "ord_theirs", nil},
		"of no such order":   {"", "ord_none", nil},
		"an unknown partner": {"nobody", "", nil},
	} {
		if got := w.pages(as(t, c.partner), c.order); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for _, token := range []string{"!", "AAAA"} {
		_, err := w.service.ListShipments(t.Context(), &fulfillmentv1.ListShipmentsRequest{PageToken: token})
		if fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestGetIsForTheOwner(t *testing.T) {
	w := newWorld(t, idle)
	ful := w.create(order("a", 1))
	shp := w.ship(shipment(ful, "w1", 1))[0].GetShipmentId()
	reply, err := w.service.GetShipment(as(t, "acme"), &fulfillmentv1.GetShipmentRequest{ShipmentId: shp})
	if err != nil || reply.GetShipment().GetFulfillmentId() != ful || reply.GetShipment().GetOrderId() != "ord_a" {
		t.Errorf("own shipment: %v, %v", reply, err)
	}
	listed, err := w.service.ListShipments(as(t, "acme"), &fulfillmentv1.ListShipmentsRequest{})
	if err != nil || !proto.Equal(listed.GetShipments()[0], reply.GetShipment()) {
		t.Errorf("listed %v, %v", listed, err)
	}
	if _, err := w.service.GetFulfillment(as(t, "acme"), &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: ful}); err != nil {
		t.Errorf("own order: %v", err)
	}
	for _, c := range []struct{ partner, ful, shp string }{
		{"other", ful, shp},
		{"", id.Format(id.Fulfillment, id.New()), id.Format(id.Shipment, id.New())},
		{"", "nonsense", "nonsense"},
	} {
		_, err := w.service.GetFulfillment(as(t, c.partner), &fulfillmentv1.GetFulfillmentRequest{FulfillmentId: c.ful})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: order %v", c, err)
		}
		_, err = w.service.GetShipment(as(t, c.partner), &fulfillmentv1.GetShipmentRequest{ShipmentId: c.shp})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: shipment %v", c, err)
		}
	}
}
