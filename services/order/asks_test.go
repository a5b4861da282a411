package order

import (
	"context"
	"testing"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	tmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/tms/v1"
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
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	order := w.submit(through("edi"))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || order.GetPortalNotice() != nil {
		t.Errorf("%v with %v", order.GetState(), order.GetPortalNotice())
	}
	w.settle()
	if calls := w.outside.count("NotifyOrders"); calls != 0 {
		t.Errorf("the portal was called %d times", calls)
	}
	w.verify()
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
