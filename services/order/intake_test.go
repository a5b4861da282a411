package order

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// asPartner is a partner at the gateway, without the right to agree prices.
func (w *world) asPartner(partner string) (context.Context, orderv1.OrderServiceClient) {
	client := orderv1.NewOrderServiceClient(serve(w.t, rpc.Gateway, w.service.Register))
	return rpc.WithIdentity(w.t.Context(), rpc.Identity{
		Principal: "key-" + partner, Partner: partner, Scopes: []string{"orders.read", "orders.write", "orders.holds"},
	}), client
}

// told delivers changes of the master data.
func (w *world) told(messages ...proto.Message) {
	w.t.Helper()
	var told []inbox.Message
	for _, message := range messages {
		told = append(told, inbox.Message{Payload: message, OccurredAt: time.Now()})
	}
	w.deliver(w.service.onMasterDataChanged, told...)
}

func (w *world) lift(order *orderv1.Order, kind orderv1.HoldType) *orderv1.Order {
	w.t.Helper()
	reply, err := w.client.ReleaseHold(w.t.Context(), &orderv1.ReleaseHoldRequest{
		RequestId: "lift-" + kind.String() + order.GetOrderId(), OrderId: order.GetOrderId(), Type: kind, Reason: "it is right",
	})
	if err != nil {
		w.t.Fatalf("ReleaseHold: %v", err)
	}
	return reply.GetOrder()
}

func priceOf(sku, price string, version int64) *masterdatav1.PriceChanged {
	return &masterdatav1.PriceChanged{Price: &masterdatav1.Price{
		PriceList: "BASE", Sku: sku, CurrencyCode: "GBP", UnitPrice: price, Version: version,
	}}
}

func acme(version int64, change func(*masterdatav1.Account)) *masterdatav1.AccountChanged {
	account := &masterdatav1.Account{AccountId: "ACME", LegalEntity: "MAIN", CurrencyCode: "GBP", Version: version}
	change(account)
	return &masterdatav1.AccountChanged{AccountId: "ACME", Account: account}
}

func TestPriceOutsideToleranceIsHeldAtOurPrice(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.told(acme(2, func(a *masterdatav1.Account) {
		a.PriceDifference, a.PriceToleranceBp = masterdatav1.PriceDifference_PRICE_DIFFERENCE_HOLD, 100
	}))
	ctx, partner := w.asPartner("SHOP")
	req := request(want{"ITEM-1", 4})
	req.Lines[0].UnitPrice = "2"
	reply, err := partner.SubmitOrder(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	order := reply.GetOrder()
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || len(order.GetHolds()) != 1 ||
		order.GetHolds()[0].GetType() != orderv1.HoldType_HOLD_TYPE_PRICE ||
		order.GetHolds()[0].GetMessage() != "line 1: sent 2 per EA, ours is 2.5 per EA" {
		t.Fatalf("%v, want a hold with both prices", order)
	}
	if order.GetLines()[0].GetUnitPrice() != "2.5" || order.GetNetTotal().GetMinorUnits() != 1000 {
		t.Errorf("%v, want our price", order.GetLines()[0])
	}
	if got := len(w.inventory.asked); got != 0 {
		t.Errorf("%d reservations asked for while it is held", got)
	}
	w.verify()
	if order = w.lift(order, orderv1.HoldType_HOLD_TYPE_PRICE); order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("state %v after the hold was lifted", order.GetState())
	}
	near := request(want{"ITEM-1", 4})
	near.Lines[0].UnitPrice = "2.475"
	if reply, err = partner.SubmitOrder(ctx, near); err != nil || reply.GetOrder().GetLines()[0].GetPriceSource() != "AGREED" {
		t.Errorf("%v %v, want a price within the tolerance agreed", reply, err)
	}
	w.settle()
	w.verify()
}

func TestPriceChangeBetweenAcceptAndInvoice(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	order := w.submit(request(want{"ITEM-1", 4}))
	w.told(priceOf("ITEM-1", "9.99", 2))
	if got := w.get(order); !proto.Equal(got.GetNetTotal(), order.GetNetTotal()) || got.GetLines()[0].GetUnitPrice() != "2.5" {
		t.Errorf("%v, want the price at which it was accepted", got.GetLines()[0])
	}
	if got := w.submit(request(want{"ITEM-1", 4})); got.GetLines()[0].GetUnitPrice() != "9.99" {
		t.Errorf("a new order at %s", got.GetLines()[0].GetUnitPrice())
	}
	early := request(want{"ITEM-1", 4})
	w.told(&masterdatav1.PriceChanged{Price: &masterdatav1.Price{
		PriceList: "BASE", Sku: "ITEM-1", CurrencyCode: "GBP", UnitPrice: "7", Version: 1,
		ValidFrom: w.clock.now().UTC().AddDate(0, 0, 1).Format(time.DateOnly),
	}})
	if got := w.submit(early); got.GetLines()[0].GetUnitPrice() != "9.99" {
		t.Errorf("at %s, want the price of today, not of tomorrow", got.GetLines()[0].GetUnitPrice())
	}
	w.told(&masterdatav1.PriceChanged{Price: &masterdatav1.Price{
		PriceList: "BASE", Sku: "ITEM-1", CurrencyCode: "GBP", UnitPrice: "9.99", Version: 3, Withdrawn: true,
	}})
	if _, err := w.client.SubmitOrder(t.Context(), request(want{"ITEM-1", 4})); fault.ReasonOf(err) != "PRICE_MISSING" {
		t.Errorf("%v, want a withdrawn price to be none", err)
	}
}

func TestItemOrShipToChangedAfterAccept(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	place := func(version int64, city string) *masterdatav1.AccountChanged {
		return acme(version, func(a *masterdatav1.Account) {
			a.ShipTos = []*masterdatav1.ShipTo{{Code: "DC", Address: &commonv1.Address{City: city, CountryCode: "GB"}}}
		})
	}
	w.told(place(2, "Leeds"))
	req := request(want{"ITEM-1", 1})
	req.ShipTo, req.ShipToCode, req.Lines[0].Quantity.Unit = nil, "DC", "CS"
	order := w.submit(req)
	w.told(place(3, "York"), &masterdatav1.ItemChanged{Item: &masterdatav1.Item{
		Sku: "ITEM-1", Description: "renamed", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Version: 2,
		Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 6, Denominator: 1}},
	}})
	w.settle()
	if got := w.get(order); got.GetShipTo().GetCity() != "Leeds" || got.GetLines()[0].GetOrdered() != "12" ||
		got.GetLines()[0].GetDescription() != "an item" {
		t.Errorf("%v, want what was accepted", got)
	}
	if got := w.fulfillment.orders[0].shipTo.GetCity(); got != "Leeds" {
		t.Errorf("the warehouse ships to %s", got)
	}
	again := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	again.RequestId, again.ExternalOrderId = "other", "other"
	if got := w.submit(again); got.GetShipTo().GetCity() != "York" || got.GetLines()[0].GetOrdered() != "6" {
		t.Errorf("%v, want a new order to follow the master data", got)
	}
}

func TestReleasesAreSplitByShipTo(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.inventory.AddStock("ITEM-2", "YORK", 100)
	store := func(city string) *commonv1.Address { return &commonv1.Address{City: city, CountryCode: "GB"} }
	req := request(want{"ITEM-1", 1}, want{"ITEM-1", 2}, want{"ITEM-2", 3}, want{"ITEM-1", 4}, want{"ITEM-1", 5})
	req.Lines[1].ShipTo, req.Lines[2].ShipTo, req.Lines[3].ShipTo = store("Bath"), store("Bath"), store("Bath")
	req.Lines[4].ShipTo = req.GetShipTo() // as the order
	order := w.submit(req)
	w.settle()
	var got []string
	for _, made := range w.fulfillment.orders {
		var lines []int32
		for _, line := range made.lines {
			lines = append(lines, line.GetLineNumber())
		}
		got = append(got, fmt.Sprintf("%s to %q: %v", made.node, made.shipTo.GetCity(), lines))
	}
	slices.Sort(got)
	if want := `[LEEDS to "": [1 5] LEEDS to "Bath": [2 4] YORK to "Bath": [3]]`; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	// Each of them is stopped by itself.
	w.cancel(order, &orderv1.CancelLine{LineNumber: 2})
	w.settle()
	if got := w.get(order); got.GetLines()[1].GetCancelled() != "2" || got.GetLines()[0].GetReleased() != "1" {
		t.Errorf("%v and %v, want the first with its warehouse", got.GetLines()[1], got.GetLines()[0])
	}
	w.shipAll()
	w.settle()
	w.verify()
}

func TestChargesStandOnOrderAndQuote(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 1}, want{"ITEM-1", 2}) // 2.50 and 5.00
	req.Charges = []*orderv1.OrderCharge{
		{Type: orderv1.ChargeType_CHARGE_TYPE_DISCOUNT, Value: &orderv1.OrderCharge_Percent{Percent: "10"}},
		{
			Type: orderv1.ChargeType_CHARGE_TYPE_FREIGHT, Description: "Express",
			Value: &orderv1.OrderCharge_Amount{Amount: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 100}},
		},
	}
	order := w.submit(req)
	if order.GetNetTotal().GetMinorUnits() != 750 || order.GetTotalBeforeTax().GetMinorUnits() != 775 ||
		len(order.GetCharges()) != 2 || order.GetCharges()[0].GetAmount().GetMinorUnits() != -75 {
		t.Errorf("%v", order)
	}
	if got := fmt.Sprint(order.GetLines()[0].GetChargeMinor(), order.GetLines()[1].GetChargeMinor()); got != "[-25 33] [-50 67]" {
		t.Errorf("parts %s", got)
	}
	quote, err := w.client.QuoteOrder(t.Context(), &orderv1.QuoteOrderRequest{
		AccountId: "ACME", CurrencyCode: "GBP", Lines: req.GetLines(), Charges: req.GetCharges(), Channel: "web",
	})
	if err != nil || !proto.Equal(quote.GetTotalBeforeTax(), order.GetTotalBeforeTax()) || len(quote.GetCharges()) != 2 {
		t.Errorf("%v %v, want the total of the order", quote, err)
	}
	if got := fmt.Sprint(quote.GetLines()[0].GetBreaks()); len(quote.GetLines()[0].GetBreaks()) != 1 {
		t.Errorf("breaks %s", got)
	}
	w.settle()
	w.verify()
}

func TestCancelAfterCancelsWhatIsNotShipped(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	today := w.clock.now().UTC().Format(time.DateOnly)
	req := request(want{"ITEM-1", 5}, want{"ITEM-2", 3})
	req.CancelAfter = today
	order := w.submit(req)
	w.settle()
	if order = w.get(order); order.GetLines()[0].GetReleased() != "5" || order.GetLines()[1].GetBackordered() != "3" {
		t.Fatalf("%v", order)
	}
	w.restart(nil) // the timer is durable
	w.clock.forward(24 * time.Hour)
	w.eventually("its last day is over", func() bool { w.hear(); return w.get(order).GetCompletedAt() != nil })
	w.settle()
	order = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	w.inventory.AddStock("ITEM-2", "LEEDS", 5)
	w.settle()
	w.verify()

	// One that is held has the same last day, and one that comes after it is not taken.
	req = request(want{"ITEM-1", 1})
	req.CancelAfter = today
	if _, err := w.client.SubmitOrder(t.Context(), req); fault.ReasonOf(err) != "DATE_PASSED" {
		t.Errorf("%v, want DATE_PASSED", err)
	}
	req.CancelAfter = w.clock.now().UTC().AddDate(0, 0, 2).Format(time.DateOnly)
	req.NotBefore = w.clock.now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	if _, err := w.client.SubmitOrder(t.Context(), req); fault.ReasonOf(err) != "DATE_ORDER" {
		t.Errorf("%v, want DATE_ORDER", err)
	}
}

func TestWhatArrivesAfterTheLastDayIsNotReleased(t *testing.T) {
	w := newWorld(t)
	w.fulfillment.stopAtOnce = false
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	req := request(want{"ITEM-1", 5}, want{"ITEM-2", 3})
	req.CancelAfter = w.clock.now().UTC().Format(time.DateOnly)
	order := w.submit(req)
	w.settle()
	w.clock.forward(24 * time.Hour)
	w.eventually("the backorder is cancelled", func() bool { return w.get(order).GetLines()[1].GetCancelled() == "3" })
	w.settle()
	if got := w.get(order); got.GetLines()[0].GetReleased() != "5" || got.GetStatus() != orderv1.OrderStatus_ORDER_STATUS_RELEASED {
		t.Errorf("%v, want what is with the warehouse to be asked back only", got)
	}
	w.short(w.fulfillment.orders[0], 1, 2) // what comes back is not sourced again
	w.settle()
	w.shipAll() // until the warehouse agrees a shipment wins
	w.settle()
	if got := w.get(order).GetLines()[0]; got.GetShipped() != "3" || got.GetCancelled() != "2" {
		t.Errorf("%v, want 3 shipped and 2 cancelled", got)
	}
	w.verify()
}

func TestTakeOverOfAStockHold(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	req := request(want{"ITEM-1", 5})
	req.StockHoldId, req.Channel = "hld_0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f", "web"
	w.submit(req)
	if asked := w.inventory.asked[0]; asked.GetReplacesKey() != req.GetStockHoldId() || asked.GetChannel() != "web" {
		t.Errorf("asked for %v, want the hold's place and the channel", asked)
	}
}

// The hold has ended, and others have taken the stock: the order gets what there is, or is not taken.
func TestTTLExpiresDuringPayment(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	req := request(want{"ITEM-1", 5})
	req.StockHoldId, req.FulfillmentPolicy = "hld_0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f", orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_FILL_OR_KILL
	if order := w.submit(req); order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("%v, want it reserved anew", order)
	}
	late := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	late.RequestId, late.ExternalOrderId = "late", "late"
	if order := w.submit(late); order.GetState() != orderv1.OrderState_ORDER_STATE_REJECTED || order.GetReasons()[0].GetReason() != "INSUFFICIENT" {
		t.Errorf("%v, want it rejected with INSUFFICIENT", order)
	}
	w.settle()
	w.verify()
}

func TestLineByGTINAndTermsOfBillToAndLegalEntity(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.told(
		&masterdatav1.ItemChanged{Item: &masterdatav1.Item{
			Sku: "ITEM-1", Description: "an item", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Version: 2,
			Units: []*masterdatav1.ItemUnit{{Unit: "CS", Numerator: 12, Denominator: 1}}, TaxClass: "standard",
			Codes: []*masterdatav1.ItemCode{
				{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_GTIN, Code: "05012345678900", Unit: "CS"},
				{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_BUYER, Code: "77", PartnerId: "SHOP"},
			},
		}},
		acme(2, func(a *masterdatav1.Account) { a.BillToAccountId = "HEAD" }),
		&masterdatav1.AccountChanged{Account: &masterdatav1.Account{
			AccountId: "HEAD", LegalEntity: "MAIN", CurrencyCode: "GBP", PaymentDays: 60, Version: 1,
		}},
		&masterdatav1.LegalEntityChanged{LegalEntity: &masterdatav1.LegalEntity{
			LegalEntityId: "MAIN", Rounding: "HALF_EVEN", TaxMode: commonv1.TaxMode_TAX_MODE_PER_DOCUMENT, TaxJurisdiction: "GB", Version: 1,
		}},
	)
	req := request(want{"ITEM-1", 1}, want{"ITEM-1", 5})
	req.PartnerId = "SHOP"
	req.Lines[0].Sku, req.Lines[0].ItemCode = "", &orderv1.SubmitItemCode{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_GTIN, Code: "05012345678900"}
	req.Lines[1].Sku, req.Lines[1].ItemCode = "", &orderv1.SubmitItemCode{Type: masterdatav1.ItemCodeType_ITEM_CODE_TYPE_BUYER, Code: "77"}
	order := w.submit(req)
	if order.GetLines()[0].GetOrdered() != "12" || order.GetLines()[1].GetOrdered() != "5" || order.GetLines()[1].GetSku() != "ITEM-1" {
		t.Errorf("lines %v", order.GetLines())
	}
	if order.GetBillToAccountId() != "HEAD" || order.GetPaymentDays() != 60 {
		t.Errorf("%v, want the terms of the bill-to", order)
	}
	priced := w.priced(order)
	if priced.GetTaxMode() != commonv1.TaxMode_TAX_MODE_PER_DOCUMENT || priced.GetRounding() != commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN ||
		priced.GetTaxJurisdiction() != "GB" || priced.GetBillToAccountId() != "HEAD" {
		t.Errorf("snapshot %v, want the terms of the legal entity", priced)
	}
	// A code that the item has no more names nothing.
	w.told(&masterdatav1.ItemChanged{Item: &masterdatav1.Item{
		Sku: "ITEM-1", Kind: masterdatav1.ItemKind_ITEM_KIND_GOODS, BaseUnit: "EA", Version: 3,
	}})
	req.RequestId, req.ExternalOrderId = "gone", "gone"
	if _, err := w.client.SubmitOrder(t.Context(), req); fault.ReasonOf(err) != "UNKNOWN_ITEM" {
		t.Errorf("%v, want UNKNOWN_ITEM", err)
	}
}

// priced is the snapshot of an order.
func (w *world) priced(order *orderv1.Order) *orderv1.PricedOrder {
	w.t.Helper()
	orderID, err := id.Parse(id.Order, order.GetOrderId())
	if err != nil {
		w.t.Fatal(err)
	}
	var wire []byte
	if err := w.db.Pool().QueryRow(w.t.Context(), `SELECT snapshot FROM sales_order WHERE order_id = $1`, orderID).Scan(&wire); err != nil {
		w.t.Fatal(err)
	}
	priced := &orderv1.PricedOrder{}
	if err := proto.Unmarshal(wire, priced); err != nil {
		w.t.Fatal(err)
	}
	return priced
}

func TestChecksSeeChargesThatDoNotAddUp(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 1})
	req.Charges = []*orderv1.OrderCharge{{
		Type:  orderv1.ChargeType_CHARGE_TYPE_FEE,
		Value: &orderv1.OrderCharge_Amount{Amount: &commonv1.Money{CurrencyCode: "GBP", MinorUnits: 100}},
	}}
	order := w.submit(req)
	w.settle()
	w.checkAll()
	priced := w.priced(order)
	priced.Lines[0].ChargeMinor[0]--
	wire, err := proto.Marshal(priced)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Pool().Exec(t.Context(), `UPDATE sales_order SET snapshot = $1`, wire); err != nil {
		t.Fatal(err)
	}
	for _, check := range Checks() {
		breaks, err := check.Run(t.Context(), w.db)
		if err != nil || (len(breaks) > 0) != (check.Name == "order.charges") {
			t.Errorf("%s: %v %v", check.Name, breaks, err)
		}
	}
}
