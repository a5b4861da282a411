package order

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// only lets one method fail.
func only(method string, fate trouble) func(string) trouble {
	return func(called string) trouble {
		if called == method {
			return fate
		}
		return none
	}
}

func through(channel string) *orderv1.SubmitOrderRequest {
	req := request(want{"ITEM-1", 1})
	req.Channel = channel
	return req
}

// The portal is told when everybody else has agreed, and before the order is confirmed; other channels have none.
func TestThePortalIsToldBeforeTheOrderIsConfirmed(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.outside.set(func() {
		w.outside.telling = func(notice *channelv1.OrderNotice) {
			if n := w.count(`SELECT count(*) FROM order_state WHERE state = 'RECEIVED'`); n != 1 {
				t.Errorf("%d orders are undecided as the portal is told, want one", n)
			}
			if len(w.inventory.outcomes) == 0 || len(w.billing.outcomes) == 0 || notice.GetTotalBeforeTax().GetMinorUnits() != 250 {
				t.Errorf("the portal is told of %v before others have agreed", notice)
			}
		}
	})
	order := w.submit(through("portal"))
	if told := order.GetPortalNotice(); order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED ||
		told.GetReference() != "ref of "+order.GetExternalOrderId() || told.GetReason() != "" || told.GetAt() == nil {
		t.Errorf("%v with %v", order.GetState(), told)
	}
	if other := w.submit(through("web")); other.GetPortalNotice() != nil {
		t.Errorf("a channel without a portal has %v", other.GetPortalNotice())
	}
	if standing, _ := w.outside.notices(); standing != 1 {
		t.Errorf("%d notices", standing)
	}
	w.settle()
	w.verify()
}

func TestAPortalThatIsAway(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.troubles.set(only("NotifyOrders", notDone))
	if order := w.submit(through("portal")); order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED || order.GetPortalNotice().GetReason() != "DOWN" {
		t.Errorf("%v with %v, want it confirmed all the same", order.GetState(), order.GetPortalNotice())
	}
	// A channel that insists waits for its portal, and gets one notice whatever became of the answers.
	req := through("edi")
	req.Wait = noWait
	order := w.submit(req)
	w.eventually("the portal was tried again", func() bool {
		return w.count(`SELECT count(*) FROM process, jsonb_array_elements(steps) AS s
			WHERE s->>'step' = 'notice' AND coalesce((s->>'attempt')::INT8, 0) > 1`) == 1
	})
	if state := w.get(order).GetState(); state != orderv1.OrderState_ORDER_STATE_RECEIVED {
		t.Errorf("the order is %v before its portal was told", state)
	}
	lost := 0
	w.troubles.set(func(method string) trouble {
		if method == "NotifyOrders" && lost == 0 {
			lost++
			return replyLost
		}
		return none
	})
	w.eventually("it is confirmed", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	if standing, withdrawn := w.outside.notices(); standing != 1 || withdrawn != 0 {
		t.Errorf("%d notices, %d withdrawn, want one", standing, withdrawn)
	}
	w.settle()
	w.verify()
}

// A portal hears nothing of an order that is not taken.
func TestThePortalIsNotToldOfWhatOthersRefuse(t *testing.T) {
	for name, refuse := range map[string]func(w *world){
		"billing": func(w *world) { w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" } },
		"the ERP": func(w *world) { w.outside.refuse = func(*erpv1.TermsQuestion) string { return "ACCOUNT_BLOCKED" } },
	} {
		w := newAskingWorld(t)
		w.inventory.AddStock("ITEM-1", "LEEDS", 100)
		w.outside.set(func() { refuse(w) })
		order := w.submit(through("edi"))
		if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || order.GetPortalNotice() != nil {
			t.Errorf("%s refuses: %v with %v", name, order.GetState(), order.GetPortalNotice())
		}
		w.settle()
		if calls := w.outside.count("NotifyOrders"); calls != 0 {
			t.Errorf("%s refuses: the portal was called %d times", name, calls)
		}
		w.verify()
	}
}

// The order is cancelled while its portal is being told that it will be confirmed.
func TestANoticeIsWithdrawn(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.outside.set(func() {
		w.outside.telling = func(notice *channelv1.OrderNotice) {
			if notice.GetKind() == channelv1.NoticeKind_NOTICE_KIND_CONFIRMING {
				_, err := w.client.CancelOrder(context.Background(), &orderv1.CancelOrderRequest{
					RequestId: "c", OrderId: notice.GetOrderId(), Reason: "r",
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
	order := w.submit(through("portal"))
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	if standing, withdrawn := w.outside.notices(); standing != 0 || withdrawn != 1 {
		t.Errorf("%d notices stand, %d are withdrawn", standing, withdrawn)
	}
	w.verify()
}

func TestFreightIsChosenForAnOrder(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	option := func(carrier string, minor int64, currency, arrives string) *tmsv1.FreightOption {
		return &tmsv1.FreightOption{Carrier: carrier, ArrivesOn: arrives, Cost: &commonv1.Money{CurrencyCode: currency, MinorUnits: minor}}
	}
	later := time.Now().AddDate(0, 0, 10).UTC().Format(time.DateOnly)
	w.outside.set(func() {
		w.outside.options = []*tmsv1.FreightOption{
			option("MAIL", 300, "GBP", "2999-01-05"), option("VAN", 900, "GBP", "2999-01-02"), option("BOAT", 1, "EUR", "2999-01-01"),
		}
	})
	req := request(want{"ITEM-1", 2}, want{"FREIGHT", 1})
	req.RequestedDeliveryDate, req.NotBefore = "2999-01-03", later
	order := w.submit(req)
	freight := order.GetFreight()
	if freight.GetCarrier() != "VAN" || freight.GetCost().GetMinorUnits() != 900 || freight.GetCost().GetCurrencyCode() != "GBP" ||
		freight.GetOptions() != 2 || freight.GetLate() || freight.GetArrivesOn() != "2999-01-02" {
		t.Errorf("chosen %v", freight)
	}
	if asked := w.outside.asked[0]; asked.GetShipOn() != later || asked.GetLines() != 1 || asked.GetValue().GetMinorUnits() != 500 ||
		asked.GetShipTo().GetCountryCode() != "GB" {
		t.Errorf("asked %v", asked)
	}
	w.outside.set(func() { w.outside.options = nil })
	if got := w.submit(request(want{"ITEM-1", 1})).GetFreight(); got.GetReason() != "NO_CARRIER" || got.GetCost() != nil {
		t.Errorf("where nobody goes: %v", got)
	}
	w.troubles.set(only("QuoteFreight", notDone))
	if got := w.submit(request(want{"ITEM-1", 1})); got.GetFreight().GetReason() != "DOWN" || got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("%v with %v while nobody answers", got.GetState(), got.GetFreight())
	}
	asked := w.outside.count("QuoteFreight")
	nowhere := request(want{"ITEM-1", 1})
	nowhere.ShipTo = nil
	for name, req := range map[string]*orderv1.SubmitOrderRequest{"goes nowhere": nowhere, "has no goods": request(want{"FREIGHT", 1})} {
		if got := w.submit(req); got.GetFreight() != nil || got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
			t.Errorf("an order that %s: %v with %v", name, got.GetState(), got.GetFreight())
		}
	}
	if again := w.outside.count("QuoteFreight"); again != asked {
		t.Errorf("the transport system was asked %d times about orders that need none", again-asked)
	}
	w.settle()
	w.verify()
}

// Outside systems were taken away since an order came that was to ask them.
func TestOutsideSystemsThatAreTakenAway(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.troubles.set(only("ClaimCredit", notDone))
	req := through("portal")
	req.Wait = noWait
	order := w.submit(req)
	w.asking = false
	w.restart(nil)
	w.troubles.set(nil)
	w.clock.forward(process.Grace)
	w.eventually("it is accepted", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	order = w.get(order)
	for name, reason := range map[string]string{
		"terms": order.GetTerms().GetReason(), "notice": order.GetPortalNotice().GetReason(), "freight": order.GetFreight().GetReason(),
	} {
		if reason != "NOT_ASKED" {
			t.Errorf("%s: %q, want NOT_ASKED", name, reason)
		}
	}
	w.settle()
	w.verify()
}

// An order that waits for an ERP that was taken away is looked at less and less often, and a person may lift its hold.
func TestAnERPThatIsTakenAway(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.erpAway()
	order := w.submit(request(want{"ITEM-1", 20}))
	w.asking = false
	w.restart(nil)
	w.troubles.set(nil)
	w.clock.forward(process.Slow.Longest)
	w.eventually("it is asked about at growing distances", func() bool {
		return w.count(`SELECT count(*) FROM process WHERE kind = 'recheck' AND (steps->0->>'attempt')::INT8 > 2`) == 1
	})
	if got := w.lift(order, orderv1.HoldType_HOLD_TYPE_STALE_DATA); got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("%v with %v, want it accepted on a person's word", got.GetState(), got.GetHolds())
	}
	w.clock.forward(process.Slow.Longest)
	w.settle()
	w.verify()
}

// Every warehouse is told how the goods are to travel, also of what is released later, of what is looked for anew, and after the order was
// sent elsewhere.
func TestWarehousesAreToldOfTheFreight(t *testing.T) {
	w := newAskingWorld(t)
	today := w.clock.now().UTC().Format(time.DateOnly)
	offer := func(carrier, service, arrives string) *tmsv1.FreightOption {
		return &tmsv1.FreightOption{Carrier: carrier, Service: service, ArrivesOn: arrives, Cost: &commonv1.Money{CurrencyCode: "GBP"}}
	}
	w.outside.set(func() {
		w.outside.options = []*tmsv1.FreightOption{
			offer("", "NOBODY", "2999-01-01"), offer("A CARRIER WITH A NAME THAT NOBODY CAN REMEMBER", "", "2999-01-01"), offer("NEVER", "", ""),
			offer("DPD", "NEXT_DAY", "2999-01-02"),
		}
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 3)
	w.inventory.AddStock("ITEM-1", "YORK", 2)
	order := w.submit(request(want{"ITEM-1", 8}, want{"FREIGHT", 1}))
	w.settle()
	for _, node := range []string{"LEEDS", "YORK"} {
		w.wantShipping(node, &fulfillmentv1.ShippingInstructions{Carrier: "DPD", ServiceLevel: "NEXT_DAY", ArrivesOn: "2999-01-02"})
	}
	if got := order.GetFreight(); got.GetLeavesOn() != today || got.GetOptions() != 1 {
		t.Errorf("chosen %v, want what leaves on %s of the one that can be told", got, today)
	}
	w.reject(w.orderTo("YORK"))
	w.inventory.AddStock("ITEM-1", "HULL", 5)
	w.clock.forward(24 * time.Hour)
	w.settle()
	w.wantShipping("HULL", &fulfillmentv1.ShippingInstructions{Carrier: "DPD", ServiceLevel: "NEXT_DAY"}) // it is later than was asked
	w.verify()
}

// Goods that go elsewhere than the order are not what was asked about, and neither are orders that were never asked about.
func TestWarehousesAreNotToldOfAnotherFreight(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 9)
	w.inventory.AddStock("ITEM-2", "YORK", 9)
	w.outside.set(func() {
		w.outside.options = []*tmsv1.FreightOption{{Carrier: "DPD", ArrivesOn: "2999-01-02", Cost: &commonv1.Money{CurrencyCode: "GBP"}}}
	})
	req := request(want{"ITEM-1", 3}, want{"ITEM-2", 4})
	req.Lines[1].ShipTo = &commonv1.Address{Name: "Site", CountryCode: "FR"}
	w.submit(req)
	w.settle()
	w.wantShipping("LEEDS", &fulfillmentv1.ShippingInstructions{Carrier: "DPD", ArrivesOn: "2999-01-02"})
	w.wantShipping("YORK", nil)
	if asked := w.outside.asked[0]; asked.GetLines() != 1 || asked.GetValue().GetMinorUnits() != 3*250 {
		t.Errorf("asked %v, want about what goes there", asked)
	}
	all := request(want{"ITEM-1", 1})
	all.Lines[0].ShipTo = &commonv1.Address{Name: "Site", CountryCode: "FR"}
	if got := w.submit(all).GetFreight(); got != nil {
		t.Errorf("nothing goes to the order's address: %v", got)
	}
	w.asking = false
	w.restart(nil)
	w.submit(request(want{"ITEM-1", 1}))
	w.settle()
	w.wantShipping("LEEDS", nil)
	w.verify()
}

// An order that is sent elsewhere travels as was found for its new address; where nobody can be asked it is left to the warehouse.
func TestAnOrderThatIsSentElsewhereTravelsAnew(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 9)
	offer := func(carrier string) {
		w.outside.set(func() {
			w.outside.options = []*tmsv1.FreightOption{{Carrier: carrier, ArrivesOn: "2999-01-02", Cost: &commonv1.Money{CurrencyCode: "GBP"}}}
		})
	}
	offer("DPD")
	later := w.clock.now().Add(96 * time.Hour).UTC().Format(time.DateOnly)
	req := request(want{"ITEM-1", 5})
	req.NotBefore = later
	order := w.submit(req)
	w.settle()
	offer("TRAIN")
	tomorrow := w.clock.now().Add(24 * time.Hour).UTC().Format(time.DateOnly)
	reply := w.amend(order, "a1", func(req *orderv1.AmendOrderRequest) {
		req.ShipTo, req.NotBefore = &commonv1.Address{Name: "ACME", City: "Lille", CountryCode: "FR"}, &tomorrow
	})
	if got := reply.GetOrder().GetFreight(); got.GetCarrier() != "TRAIN" || got.GetLeavesOn() != tomorrow {
		t.Errorf("amended, it travels by %v", got)
	}
	if asked := w.outside.asked[1]; asked.GetShipTo().GetCity() != "Lille" || asked.GetShipOn() != tomorrow {
		t.Errorf("asked %v", asked)
	}
	w.troubles.set(only("QuoteFreight", notDone))
	reply = w.amend(order, "a2", func(req *orderv1.AmendOrderRequest) {
		req.ShipTo = &commonv1.Address{Name: "ACME", City: "Nantes", CountryCode: "FR"}
	})
	if got := reply.GetOrder().GetFreight(); got.GetCarrier() != "" || got.GetReason() != "DOWN" {
		t.Errorf("while nobody answers it travels by %v", got)
	}
	calls := w.outside.count("QuoteFreight")
	reply = w.amend(order, "a3", func(req *orderv1.AmendOrderRequest) { req.ShipTo = &commonv1.Address{Name: "ACME"} })
	if got := reply.GetOrder().GetFreight(); got.GetReason() != "SHIP_TO_AMENDED" || w.outside.count("QuoteFreight") != calls {
		t.Errorf("to no country it travels by %v", got)
	}
	w.clock.forward(24 * time.Hour)
	w.eventually("it is handed over", func() bool { return w.get(order).GetStatus() == orderv1.OrderStatus_ORDER_STATUS_RELEASED })
	w.settle()
	w.wantShipping("LEEDS", nil)
	w.verify()
}

// wantShipping compares what a warehouse was last told about how to ship.
func (w *world) wantShipping(node string, want *fulfillmentv1.ShippingInstructions) {
	w.t.Helper()
	if got := w.orderTo(node).instructions; !proto.Equal(got, want) {
		w.t.Errorf("%s is to ship by %v, want %v", node, got, want)
	}
}
