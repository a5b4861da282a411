package order

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

func TestWhatIsWrongIsNamedAndNothingIsStored(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name, path, reason string
		change             func(*orderv1.SubmitOrderRequest)
	}{
		{"unknown item", "lines[1].sku", "UNKNOWN_ITEM", func(r *orderv1.SubmitOrderRequest) { r.Lines[1].Sku = "NUT" }},
		{"unknown account", "account_id", "UNKNOWN_ACCOUNT", func(r *orderv1.SubmitOrderRequest) { r.AccountId = "NOBODY" }},
		{"wrong currency", "currency_code", "CURRENCY_MISMATCH", func(r *orderv1.SubmitOrderRequest) { r.CurrencyCode = "EUR" }},
		{"nothing", "lines[0].quantity.value", "QUANTITY_NOT_POSITIVE", func(r *orderv1.SubmitOrderRequest) { r.Lines[0].Quantity.Value = "0" }},
		{"not divisible", "lines[0].quantity.value", "UOM_NOT_DIVISIBLE", func(r *orderv1.SubmitOrderRequest) { r.Lines[0].Quantity.Value = "1.5" }},
		{"no such day", "not_before", "DATE_INVALID", func(r *orderv1.SubmitOrderRequest) { r.NotBefore = "2026-02-30" }},
		{"from the future", "ordered_at", "TIME_INVALID", func(r *orderv1.SubmitOrderRequest) {
			r.OrderedAt = timestamppb.New(time.Now().Add(48 * time.Hour))
		}},
	} {
		req := request(want{"ITEM-1", 1}, want{"ITEM-2", 1})
		test.change(req)
		_, err := w.client.SubmitOrder(t.Context(), req)
		refusal, ok := fault.As(err)
		if !ok || refusal.Kind != fault.Invalid || len(refusal.Fields) == 0 {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := refusal.Fields[0]; got.Path != test.path || got.Reason != test.reason {
			t.Errorf("%s: %s at %s, want %s at %s", test.name, got.Reason, got.Path, test.reason, test.path)
		}
	}
	for _, table := range []string{"sales_order", "order_state", "process", "idempotency", "outbox"} {
		if got := w.count("SELECT count(*) FROM " + table); got != 0 {
			t.Errorf("%d rows in %s", got, table)
		}
	}
}

func TestRepeats(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 5})
	first := w.submit(proto.Clone(req).(*orderv1.SubmitOrderRequest))

	again := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	again.Wait = noWait // how long to wait is no part of the order
	if got := w.submit(again); got.GetOrderId() != first.GetOrderId() || got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("a repeat got %v, want %v as it is now", got, first.GetOrderId())
	}
	other := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	other.Lines[0].Quantity.Value = "6"
	if _, err := w.client.SubmitOrder(t.Context(), other); fault.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("the same key with another body: %v", err)
	}
	renamed := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	renamed.RequestId = "another"
	for range 2 { // the second one is a repeat under the new key
		if got := w.submit(renamed); got.GetOrderId() != first.GetOrderId() {
			t.Errorf("the same order under another key got %v, want %v", got.GetOrderId(), first.GetOrderId())
		}
	}
	other.RequestId = "a third"
	if _, err := w.client.SubmitOrder(t.Context(), other); fault.ReasonOf(err) != "DUPLICATE_ORDER" || fault.KindOf(err) != fault.AlreadyExists {
		t.Errorf("the same number with another body: %v", err)
	}
	release := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	release.RequestId, release.ReleaseNumber = "a fourth", "2"
	if got := w.submit(release); got.GetOrderId() == first.GetOrderId() {
		t.Error("another release of a blanket order is the same order")
	}
	w.settle()
	w.verify()
}

// Many callers send the same few orders at once, some under one key, some under keys of their own, some with errors.
func TestTheSameOrderFromManyCallers(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 1000)
	orders := make([]*orderv1.SubmitOrderRequest, 5)
	for i := range orders {
		orders[i] = request(want{"ITEM-1", 1 + i})
	}
	var mu sync.Mutex
	ids := map[string]map[string]bool{}
	var callers sync.WaitGroup
	for caller := range 60 {
		callers.Go(func() {
			req := proto.Clone(orders[caller%len(orders)]).(*orderv1.SubmitOrderRequest)
			if caller%3 == 0 {
				req.RequestId = fmt.Sprint("own-", caller)
			}
			broken := caller%7 == 0
			if broken {
				req.Lines[0].Sku, req.RequestId = "NUT", fmt.Sprint("broken-", caller)
			}
			reply, err := w.client.SubmitOrder(context.WithoutCancel(t.Context()), req)
			if broken {
				if fault.ReasonOf(err) != "UNKNOWN_ITEM" && fault.ReasonOf(err) != "DUPLICATE_ORDER" {
					t.Errorf("caller %d: %v, want UNKNOWN_ITEM", caller, err)
				}
				return
			}
			if err != nil {
				t.Errorf("caller %d: %v", caller, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if ids[req.GetExternalOrderId()] == nil {
				ids[req.GetExternalOrderId()] = map[string]bool{}
			}
			ids[req.GetExternalOrderId()][reply.GetOrder().GetOrderId()] = true
		})
	}
	callers.Wait()
	for number, found := range ids {
		if len(found) != 1 {
			t.Errorf("order %s was made %d times", number, len(found))
		}
	}
	if got := w.count(`SELECT count(*) FROM sales_order`); got != len(orders) {
		t.Errorf("%d orders, want %d", got, len(orders))
	}
	w.settle()
	w.verify()
}

func TestPartnersSeeTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	gateway := orderv1.NewOrderServiceClient(serve(t, rpc.Gateway, w.service.Register))
	as := func(partner string, scopes ...string) context.Context {
		scopes = append(scopes, "orders.read", "orders.write", "orders.holds")
		return rpc.WithIdentity(t.Context(), rpc.Identity{Principal: "key-" + partner, Partner: partner, Scopes: scopes})
	}
	req := request(want{"ITEM-1", 5})
	mine, err := gateway.SubmitOrder(as("P1"), req)
	if err != nil || mine.GetOrder().GetPartnerId() != "P1" {
		t.Fatalf("%v %v, want an order of P1", mine, err)
	}
	id := mine.GetOrder().GetOrderId()
	if _, err := gateway.GetOrder(as("P2"), &orderv1.GetOrderRequest{OrderId: id}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner reads it: %v", err)
	}
	if _, err := gateway.CancelOrder(as("P2"), &orderv1.CancelOrderRequest{RequestId: "x", OrderId: id, Reason: "r"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner cancels it: %v", err)
	}
	if reply, err := gateway.ListOrders(as("P2"), &orderv1.ListOrdersRequest{}); err != nil || len(reply.GetOrders()) != 0 {
		t.Errorf("another partner lists it: %v %v", reply, err)
	}
	if reply, err := gateway.ListOrders(as("P2"), &orderv1.ListOrdersRequest{Filter: &orderv1.OrderFilter{PartnerId: "P1"}}); err != nil || len(reply.GetOrders()) != 0 {
		t.Errorf("another partner lists it by name: %v %v", reply, err)
	}
	if reply, err := gateway.ListOrders(as("P1"), &orderv1.ListOrdersRequest{}); err != nil || len(reply.GetOrders()) != 1 {
		t.Errorf("its partner does not list it: %v %v", reply, err)
	}
	// The same request id of another partner is another request, and the same number another order.
	again := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	again.PartnerId = ""
	if reply, err := gateway.SubmitOrder(as("P2"), again); err != nil || reply.GetOrder().GetOrderId() == id {
		t.Errorf("%v %v, want an order of its own", reply, err)
	}
	other := request(want{"ITEM-1", 5})
	other.PartnerId = "P1"
	if _, err := gateway.SubmitOrder(as("P2"), other); fault.ReasonOf(err) != "PARTNER_MISMATCH" {
		t.Errorf("an order for another partner: %v", err)
	}
	// Prices that differ from ours need a scope.
	priced := request(want{"ITEM-1", 1})
	priced.Lines[0].UnitPrice = "2.49"
	if _, err := gateway.SubmitOrder(as("P1"), priced); fault.ReasonOf(err) != "PRICE_DIFFERS" {
		t.Errorf("a price of its own without the scope: %v", err)
	}
	if reply, err := gateway.SubmitOrder(as("P1", scopeAgreedPrice), priced); err != nil || reply.GetOrder().GetLines()[0].GetPriceSource() != "AGREED" {
		t.Errorf("a price of its own with the scope: %v %v", reply, err)
	}
}

func TestWhoeverDoesNotWaitGetsReceived(t *testing.T) {
	w := newWorld(t)
	w.troubles.set(func(string) trouble { return notDone })
	req := request(want{"ITEM-1", 5})
	req.Wait = noWait
	if order := w.submit(req); order.GetState() != orderv1.OrderState_ORDER_STATE_RECEIVED || order.GetLines()[0].GetOpen() != "5" {
		t.Errorf("%v, want RECEIVED with everything open", order)
	}
	w.troubles.set(nil)
	w.settle()
}

func TestAsSentAndAsPriced(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"item-1", 2})
	req.Lines[0].Quantity = &commonv1.Quantity{Value: "2", Unit: "CS"}
	req.Lines[0].ExternalLineId, req.ReleaseNumber, req.Channel = "L-1", "R-9", "edi"
	order := w.get(w.submit(req))
	line := order.GetLines()[0]
	if line.GetOrdered() != "24" || line.GetQuantity().GetUnit() != "CS" || line.GetExternalLineId() != "L-1" || line.GetUnitPrice() != "2.5" {
		t.Errorf("line %v", line)
	}
	if order.GetNetTotal().GetMinorUnits() != 6000 || order.GetReleaseNumber() != "R-9" || order.GetChannel() != "edi" ||
		order.GetShipTo().GetCountryCode() != "GB" || order.GetMasterDataAsOf() == nil || order.GetEtag() == "" {
		t.Errorf("order %v", order)
	}
}
