package audit

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	channelv1 "github.com/waybill-dev/waybill/gen/waybill/connector/channel/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	outsidev1 "github.com/waybill-dev/waybill/gen/waybill/outside/v1"
	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
)

// fees orders a service, so that no stock is needed.
func (w *world) fees(t *testing.T, number, quantity string, change ...func(*orderv1.SubmitOrderRequest)) *orderv1.Order {
	t.Helper()
	req := &orderv1.SubmitOrderRequest{
		RequestId: number, PartnerId: "P", Channel: "test", ExternalOrderId: number, AccountId: "RICH", CurrencyCode: "GBP",
		Lines: []*orderv1.SubmitOrderLine{{Sku: "FEE", Quantity: &commonv1.Quantity{Value: quantity}}},
	}
	for _, one := range change {
		one(req)
	}
	reply, err := w.Order.SubmitOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	order := reply.GetOrder()
	eventually(t, number+" is decided", func() bool { // a busy machine may take longer than the caller waits
		if found, err := w.Order.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: order.GetOrderId()}); err == nil {
			order = found.GetOrder()
		}
		return order.GetState() != orderv1.OrderState_ORDER_STATE_RECEIVED
	})
	return order
}

// patient lets outside systems have all the time that their calls may take: those that are there answer, however busy the machine is.
func patient(config *mesh.Config) { config.Order.Budget = time.Minute }

// told waits until an order's timeline has a line with these words.
func (w *world) told(t *testing.T, number, words string) {
	t.Helper()
	eventually(t, number+" tells: "+words, func() bool {
		reply, err := w.Operations.GetTimeline(t.Context(), &operationsv1.GetTimelineRequest{Order: number})
		return err == nil && slices.ContainsFunc(reply.GetEntries(), func(entry *operationsv1.TimelineEntry) bool {
			return strings.Contains(entry.GetSentence(), words)
		})
	})
}

// While the ERP is away orders are taken on the terms that are known, with their age; a large one waits for it and goes on by itself.
func TestTermsWhileTheERPIsAway(t *testing.T) {
	w := newWorld(t, patient)
	w.turn(t, "erp", &sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))})
	small := w.fees(t, "SMALL", "2")
	if terms := small.GetTerms(); small.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED || terms.GetAge() == nil ||
		terms.GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CACHED {
		t.Fatalf("%v on %v, want it accepted on cached terms", small.GetState(), terms)
	}
	large := w.fees(t, "LARGE", "3000") // 12,999.90 GBP
	if large.GetState() != orderv1.OrderState_ORDER_STATE_HELD || large.GetHolds()[0].GetType() != orderv1.HoldType_HOLD_TYPE_STALE_DATA {
		t.Fatalf("%v with %v, want it held for stale data", large.GetState(), large.GetHolds())
	}
	w.told(t, "SMALL", "as the ERP did not answer")
	w.told(t, "LARGE", "on hold for STALE_DATA")
	if err := w.sound(t.Context(), false); err != nil {
		t.Error(err)
	}

	w.turn(t, "erp", &sandboxv1.Dials{CallsPerSecond: 50})
	eventually(t, "the large one is accepted", func() bool {
		reply, err := w.Order.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: large.GetOrderId()})
		return err == nil && reply.GetOrder().GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED &&
			reply.GetOrder().GetTerms().GetBasis() == orderv1.TermsBasis_TERMS_BASIS_CONFIRMED
	})
	w.told(t, "LARGE", "the ERP has confirmed the customer's terms")

	must(t)(w.MasterData.UpsertAccounts(t.Context(), &masterdatav1.UpsertAccountsRequest{Accounts: []*masterdatav1.Account{
		{AccountId: "STOPPED", CurrencyCode: "GBP", UnlimitedCredit: true},
	}}))
	eventually(t, "the customer is known", func() bool {
		known, err := w.Order.CheckMasterData(t.Context(), &orderv1.CheckMasterDataRequest{AccountIds: []string{"STOPPED"}})
		return err == nil && len(known.GetUnknownAccountIds()) == 0
	})
	must(t)(w.SandboxERP.SetErpAccounts(t.Context(), &sandboxv1.SetErpAccountsRequest{Accounts: []*sandboxv1.ErpAccount{
		{AccountId: "STOPPED", State: sandboxv1.ErpAccountState_ERP_ACCOUNT_STATE_BLOCKED},
	}}))
	// Until then the guard may hold calls back: its breaker judges by the calls of some seconds, and invoices are told to the ERP as well.
	eventually(t, "an order is held that the ERP refuses", func() bool {
		blocked := w.fees(t, "BLOCKED", "1", anew, func(req *orderv1.SubmitOrderRequest) { req.AccountId = "STOPPED" })
		return blocked.GetState() == orderv1.OrderState_ORDER_STATE_HELD && blocked.GetHolds()[0].GetReason() == "TERMS_REFUSED"
	})
	eventually(t, "what was accepted is completed", func() bool {
		counts, err := w.Order.CountOrders(t.Context(), &orderv1.CountOrdersRequest{})
		return err == nil && counts.GetMoving() <= 1
	})
}

// The portal of a channel hears of an order before it is confirmed, and the transport system says how the goods may travel; both are done
// without when they are away.
func TestPortalsAndFreight(t *testing.T) {
	w := newWorld(t, patient)
	must(t)(w.Inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{RequestId: "stock", Adjustments: []*inventoryv1.StockAdjustment{
		{Sku: "A", NodeId: "EAST", Quantity: "100", Reason: "OPENING_STOCK"},
	}}))
	goods := func(req *orderv1.SubmitOrderRequest) {
		req.Channel, req.Lines[0].Sku = "portal", "A"
		req.ShipTo = &commonv1.Address{Name: "Goods in", CountryCode: "DE"}
	}
	var order *orderv1.Order
	eventually(t, "an order has a way and a receipt", func() bool {
		order = w.fees(t, "WELL", "2", goods, anew) // of one the warehouse may find none
		return order.GetFreight().GetCarrier() == "DPD" && order.GetFreight().GetCost().GetMinorUnits() == 1610 &&
			strings.HasPrefix(order.GetPortalNotice().GetReference(), "PN-")
	})
	w.told(t, order.GetExternalOrderId(), "EAST is to ship 2 EA of A by DPD CLASSIC to arrive on "+order.GetFreight().GetArrivesOn())
	w.told(t, order.GetExternalOrderId(), "left EAST with DPD")
	told, err := channelv1.NewChannelServiceClient(w.operator).ListNotices(t.Context(), &channelv1.ListNoticesRequest{})
	if err != nil || len(told.GetReceipts()) == 0 || told.GetReceipts()[0].GetKind() != channelv1.NoticeKind_NOTICE_KIND_CONFIRMING {
		t.Errorf("the portals know of %v %v", told, err)
	}
	for _, system := range []string{"tms", "channel"} {
		w.turn(t, system, &sandboxv1.Dials{OutageUntil: timestamppb.New(time.Now().Add(time.Hour))})
	}
	for range 5 { // the breakers open meanwhile
		order := w.fees(t, "AWAY", "1", goods, anew)
		if order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED || order.GetFreight().GetReason() == "" || order.GetPortalNotice().GetReason() == "" {
			t.Errorf("%v with %v and %v, want it accepted without", order.GetState(), order.GetFreight(), order.GetPortalNotice())
		}
		w.told(t, order.GetExternalOrderId(), "the customer's portal could not be told")
		w.told(t, order.GetExternalOrderId(), "it is not known how the goods will travel")
	}
	away := map[string]bool{}
	for _, one := range w.connectors(t) {
		away[one.GetConnector()] = one.GetState() != outsidev1.BreakerState_BREAKER_STATE_CLOSED
	}
	if !away["connector-tms"] || !away["connector-channel"] {
		t.Errorf("who is away: %v", away)
	}
	if err := w.sound(t.Context(), false); err != nil {
		t.Error(err)
	}
}

// anew gives an order a number of its own.
func anew(req *orderv1.SubmitOrderRequest) {
	req.ExternalOrderId += "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	req.RequestId = req.GetExternalOrderId()
}
