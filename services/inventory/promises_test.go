package inventory

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
)

// keepBack sets a safety stock.
func (w *world) keepBack(sku, node, channel, quantity string) {
	w.t.Helper()
	_, err := w.operator.SetSafetyStocks(w.t.Context(), &inventoryv1.SetSafetyStocksRequest{
		SafetyStocks: []*inventoryv1.SafetyStock{{Sku: sku, NodeId: node, Channel: channel, Quantity: quantity}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// limitChannel sets a quota and says what is reserved of it.
func (w *world) limitChannel(sku, channel, quantity string) (reserved string) {
	w.t.Helper()
	reply, err := w.operator.SetChannelQuotas(w.t.Context(), &inventoryv1.SetChannelQuotasRequest{
		ChannelQuotas: []*inventoryv1.ChannelQuota{{Sku: sku, Channel: channel, Quantity: quantity}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetChannelQuotas()[0].GetReserved()
}

func holdLines(sku string, quantities ...string) []*inventoryv1.CreateStockHoldLine {
	var lines []*inventoryv1.CreateStockHoldLine
	for _, quantity := range quantities {
		lines = append(lines, &inventoryv1.CreateStockHoldLine{Sku: sku, Quantity: quantity})
	}
	return lines
}

func (w *world) hold(req *inventoryv1.CreateStockHoldRequest) *inventoryv1.StockHold {
	w.t.Helper()
	reply, err := w.operator.CreateStockHold(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetStockHold()
}

func (w *world) holdState(id string) inventoryv1.StockHoldState {
	w.t.Helper()
	reply, err := w.operator.GetStockHold(w.t.Context(), &inventoryv1.GetStockHoldRequest{StockHoldId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetStockHold().GetState()
}

// sellable is what CheckAvailability says of A in N1.
func (w *world) sellable(channel string) string {
	w.t.Helper()
	reply, err := w.operator.CheckAvailability(w.t.Context(), &inventoryv1.CheckAvailabilityRequest{
		Skus: []string{"A"}, NodeIds: []string{"N1"}, Channel: channel,
	})
	if err != nil || len(reply.GetAvailability()) != 1 {
		w.t.Fatalf("%v, %v", reply, err)
	}
	return reply.GetAvailability()[0].GetSellable()
}

// later moves the service's clock.
func (w *world) later(by time.Duration) {
	w.service.clock = func() time.Time { return time.Now().Add(by) }
}

// TestQueryEventAndReserveAgreeOnSafetyStock is why one function computes it.
func TestQueryEventAndReserveAgreeOnSafetyStock(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	w.keepBack("A", "N1", "", "4")
	w.keepBack("A", "N1", "WEB", "7")
	if got := [3]string{w.sellable(""), w.sellable("EDI"), w.sellable("WEB")}; got != [3]string{"6", "6", "3"} {
		t.Errorf("sellable %v", got)
	}
	states, err := w.service.availabilityStates(t.Context(), []outbox.StateKey{{Parts: []string{"A", "N1"}}})
	if err != nil || len(states) != 1 || states[0].Payload.(*inventoryv1.AvailabilityChanged).GetSellable() != 6 {
		t.Errorf("told %v, %v", states, err)
	}
	web := request("ord_1", 5)
	web.Channel = "WEB"
	line := w.reserve(web)[0].GetReservation().GetLines()[0]
	if line.GetAllocations()[0].GetQuantity() != 3 || line.GetBackordered() != 2 {
		t.Errorf("reserved %v", line)
	}
	before := w.balance("A", "N1").GetVersion()
	w.keepBack("A", "N1", "WEB", "") // forgets it: the empty channel's counts, and nothing more is sellable
	w.keepBack("A", "N1", "", "1")   // the demand that waits gets what is free now
	after := w.balance("A", "N1")
	if after.GetReserved() != 5 || after.GetVersion() != before+2 {
		t.Errorf("balance %v after version %d", after, before)
	}
}

func TestSafetyStocksAreListed(t *testing.T) {
	w := newWorld(t)
	w.keepBack("A", "N1", "", "4")
	w.keepBack("a", "N1", "WEB", "7")
	w.keepBack("kg", "N2", "", "0.5")
	var all []string
	token := ""
	for {
		reply, err := w.operator.ListSafetyStocks(t.Context(), &inventoryv1.ListSafetyStocksRequest{PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range reply.GetSafetyStocks() {
			all = append(all, one.GetSku()+one.GetNodeId()+one.GetChannel()+one.GetQuantity())
		}
		if token = reply.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(all) != 3 || all[0] != "AN14" || all[1] != "AN1WEB7" || all[2] != "kgN20.5" {
		t.Errorf("listed %v", all)
	}
	_, err := w.operator.SetSafetyStocks(t.Context(), &inventoryv1.SetSafetyStocksRequest{SafetyStocks: []*inventoryv1.SafetyStock{
		{Sku: "A", NodeId: "N1", Quantity: "1"}, {Sku: "a", NodeId: "N1", Quantity: "1.5"}, {Sku: "FREIGHT", NodeId: "N9", Quantity: "1"},
	}})
	if got := fieldsOf(err); len(got) != 4 {
		t.Errorf("wrong fields %v", got)
	}
}

func fieldsOf(err error) []string {
	var fields []string
	if found, is := fault.As(err); is {
		for _, field := range found.Fields {
			fields = append(fields, field.Path+" "+field.Reason)
		}
	}
	return fields
}

func TestQuotaIsDecidedWithTheReservation(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	w.stock("A", "N2", "10")
	first := request("ord_1", 6)
	first.Channel = "WEB"
	w.reserve(first)
	if reserved := w.limitChannel("A", "WEB", "10"); reserved != "6" {
		t.Errorf("reserved before it was set: %s", reserved)
	}
	second := request("ord_2", 6)
	second.Channel = "WEB"
	if line := w.reserve(second)[0].GetReservation().GetLines()[0]; line.GetBackordered() != 2 {
		t.Errorf("got %v", line)
	}
	w.cancel(&inventoryv1.ReservationCancellation{Key: "c", OrderId: "ord_1"})
	reply, err := w.operator.ListChannelQuotas(t.Context(), &inventoryv1.ListChannelQuotasRequest{Skus: []string{"a"}})
	if err != nil || len(reply.GetChannelQuotas()) != 1 || reply.GetChannelQuotas()[0].GetReserved() != "6" {
		t.Errorf("the demand that waited was served: %v, %v", reply, err)
	}
	available, err := w.operator.CheckAvailability(t.Context(), &inventoryv1.CheckAvailabilityRequest{Skus: []string{"A"}, Channel: "WEB"})
	if err != nil || available.GetQuotas()[0].GetQuantity() != "4" || available.GetAvailability()[0].GetSellable() != "4" {
		t.Errorf("available %v, %v", available, err)
	}
	w.limitChannel("A", "WEB", "")
	if line := w.reserve(&inventoryv1.ReservationRequest{
		Key: "k3", OrderId: "ord_3", Channel: "WEB", ShortagePolicy: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP,
		Lines: second.GetLines(),
	})[0].GetReservation().GetLines()[0]; line.GetUnfilled() != 0 {
		t.Errorf("without a quota %v", line)
	}
}

func TestStockHoldIsAllOrNothingOrPartial(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	req := &inventoryv1.CreateStockHoldRequest{RequestId: "r1", Lines: holdLines("a", "3", "3")}
	_, err := w.operator.CreateStockHold(t.Context(), req)
	if fault.ReasonOf(err) != "INSUFFICIENT" || len(fieldsOf(err)) != 1 || fieldsOf(err)[0] != "lines[1].quantity INSUFFICIENT" {
		t.Errorf("got %v, %v", err, fieldsOf(err))
	}
	req.AllowPartial = true
	made := w.hold(req)
	if made.GetLines()[1].GetHeld() != "2" || made.GetLines()[1].GetUnfilled() != "1" {
		t.Errorf("held %v", made)
	}
	if again := w.hold(req); again.GetStockHoldId() != made.GetStockHoldId() {
		t.Errorf("a repeat made %v", again)
	}
	if got := w.sellable(""); got != "0" {
		t.Errorf("sellable %s", got)
	}
	released, err := w.operator.ReleaseStockHold(t.Context(), &inventoryv1.ReleaseStockHoldRequest{StockHoldId: made.GetStockHoldId()})
	if err != nil || released.GetStockHold().GetState() != inventoryv1.StockHoldState_STOCK_HOLD_STATE_RELEASED {
		t.Errorf("released %v, %v", released, err)
	}
	if got := w.sellable(""); got != "5" {
		t.Errorf("sellable %s", got)
	}
	_, err = w.operator.ExtendStockHold(t.Context(), &inventoryv1.ExtendStockHoldRequest{
		StockHoldId: made.GetStockHoldId(), ExpiresAt: timestamppb.New(time.Now().Add(time.Hour)),
	})
	if fault.ReasonOf(err) != "HOLD_ENDED" {
		t.Errorf("extended: %v", err)
	}
	_, err = w.operator.GetStockHold(t.Context(), &inventoryv1.GetStockHoldRequest{StockHoldId: "hld_none"})
	if fault.ReasonOf(err) != "NOT_FOUND" {
		t.Errorf("found: %v", err)
	}
}

// TestTTLExpiresDuringPayment: what was held is not taken over when its time is over, even where nobody has noticed, and the
// order gets what there is then.
func TestTTLExpiresDuringPayment(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	late := w.hold(&inventoryv1.CreateStockHoldRequest{RequestId: "r1", Lines: holdLines("A", "3"), Ttl: durationpb.New(time.Minute)})
	kept := w.hold(&inventoryv1.CreateStockHoldRequest{RequestId: "r2", Lines: holdLines("A", "2")})
	w.later(time.Minute)
	if state := w.holdState(late.GetStockHoldId()); state != inventoryv1.StockHoldState_STOCK_HOLD_STATE_EXPIRED {
		t.Errorf("nobody has noticed, and it is %v", state)
	}
	rival, order, other := request("ord_1", 3), request("ord_2", 3), request("ord_3", 2)
	order.ReplacesKey, other.ReplacesKey = late.GetStockHoldId(), kept.GetStockHoldId()
	outcomes := w.reserve(rival, order, other)
	for i, waits := range []int64{0, 3, 0} {
		if line := outcomes[i].GetReservation().GetLines()[0]; line.GetBackordered() != waits {
			t.Errorf("%d: %v", i, line)
		}
	}
	if state := w.holdState(kept.GetStockHoldId()); state != inventoryv1.StockHoldState_STOCK_HOLD_STATE_CONFIRMED {
		t.Errorf("taken over, and it is %v", state)
	}
	if len(toldOf[*inventoryv1.ReservationExpired](w)) != 1 || len(toldOf[*inventoryv1.ReservationConfirmed](w)) != 1 {
		t.Errorf("told %v", w.told())
	}
	if reserved := w.reserved(); len(reserved) != 2 {
		t.Errorf("reserved %v", reserved)
	}
}

func TestSweepEndsHoldsAndServesWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.hold(&inventoryv1.CreateStockHoldRequest{RequestId: "r1", Lines: holdLines("A", "5"), Ttl: durationpb.New(time.Minute)})
	w.reserve(request("ord_1", 4))
	w.later(time.Minute)
	if err := w.service.expireAllHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.balance("A", "N1").GetReserved(); got != 4 {
		t.Errorf("reserved %d", got)
	}
}

// TestConcurrentDirectReservationsNeverBothSucceed: without the gate of one process, as replicas do it.
func TestConcurrentDirectReservationsNeverBothSucceed(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	w.keepBack("A", "N1", "", "2")
	w.limitChannel("A", "WEB", "5")
	var group sync.WaitGroup
	for i := range 8 {
		replica, err := New(Deps{DB: w.db, Bus: w.bus, Clock: time.Now, Log: quiet}, Config{})
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			asked := request("ord_"+string(rune('a'+i)), 2)
			if i%2 == 0 {
				asked.Channel = "WEB"
			}
			items, err := replica.items.find(context.Background(), replica.db.Pool(), []string{"A"})
			if err != nil {
				t.Error(err)
				return
			}
			call := wantsFromProto(&inventoryv1.ReserveRequest{Reservations: []*inventoryv1.ReservationRequest{asked}}, items, time.Now())
			if _, err := replica.reserve(context.Background(), call.wants); err != nil && !fault.Retryable(err) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := w.balance("A", "N1"); got.GetReserved() > 8 {
		t.Errorf("balance %v", got)
	}
	if err := w.service.serveAllWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestTwoLinesWithOneSKUDoNotEachPassAlone: demand is summed per item before it is compared, also with the quota and with what
// is kept back.
func TestTwoLinesWithOneSKUDoNotEachPassAlone(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "8")
	w.keepBack("A", "N1", "", "2")
	asked := request("ord_1", 4, 4)
	asked.ShortagePolicy = inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE
	if refusal := w.reserve(asked)[0].GetRefusal(); refusal.GetReason() != "INSUFFICIENT" || refusal.GetDetails()["available.2"] != "6" {
		t.Errorf("kept back: %v", refusal)
	}
	w.keepBack("A", "N1", "", "")
	w.limitChannel("A", "WEB", "7")
	asked.Key, asked.Channel = "ord_1/reserve/2", "WEB"
	if refusal := w.reserve(asked)[0].GetRefusal(); refusal.GetReason() != "INSUFFICIENT" || refusal.GetDetails()["available.2"] != "7" {
		t.Errorf("beyond the quota: %v", refusal)
	}
	asked.Key, asked.Channel = "ord_1/reserve/3", ""
	if outcome := w.reserve(asked)[0]; outcome.GetRefusal() != nil {
		t.Errorf("without limits: %v", outcome)
	}
}
