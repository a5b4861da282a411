package order

import (
	"context"
	"strconv"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

func (f *fakeBilling) ClearCredit(_ context.Context, req *billingv1.ClearCreditRequest) (*billingv1.ClearCreditResponse, error) {
	return troubled(f.troubles, "ClearCredit", func() *billingv1.ClearCreditResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.clears == nil {
			f.clears, f.told, f.clearedOf = map[string]*billingv1.CreditClearanceOutcome{}, map[string]int64{}, map[string]int{}
		}
		reply := &billingv1.ClearCreditResponse{}
		for _, want := range req.GetClearances() {
			if f.clears[want.GetKey()] == nil {
				f.clears[want.GetKey()] = f.clear(want)
			}
			reply.Outcomes = append(reply.Outcomes, f.clears[want.GetKey()])
		}
		return reply
	})
}

func (f *fakeBilling) clear(want *billingv1.CreditClearance) *billingv1.CreditClearanceOutcome {
	if f.block == nil || want.GetForced() || f.block(want) == "" {
		f.clearedOf[want.GetOrderId()]++
		return &billingv1.CreditClearanceOutcome{}
	}
	f.told[want.GetOrderId()]++
	return &billingv1.CreditClearanceOutcome{Refusal: &commonv1.Refusal{
		Reason: f.block(want), Details: map[string]string{"block": strconv.FormatInt(f.told[want.GetOrderId()], 10)},
	}}
}

func (w *world) blockOrder(order *orderv1.Order, sequence int64) {
	w.events.add("block-"+order.GetOrderId(), &billingv1.OrderCreditBlocked{
		OrderId: order.GetOrderId(), AccountId: "ACME", Reason: "CREDIT_LIMIT", Message: "too much", Sequence: sequence,
	})
	w.settle()
}

func (w *world) freeOrder(order *orderv1.Order, sequence int64) {
	w.events.add("free-"+order.GetOrderId(), &billingv1.OrderCreditFreed{OrderId: order.GetOrderId(), AccountId: "ACME", Sequence: sequence})
	w.settle()
}

const creditHold = orderv1.HoldType_HOLD_TYPE_CREDIT

func blocksAll(*billingv1.CreditClearance) string { return "CREDIT_LIMIT" }

// Without the checkpoint nobody is asked; with it every release is, also that of what comes later, and nothing goes before.
func TestCreditIsClearedBeforeEachRelease(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 9)
	w.inventory.AddStock("ITEM-2", "LEEDS", 1)
	plain := w.submit(request(want{"ITEM-1", 1}))
	w.settle()
	if w.billing.clears != nil || len(w.get(plain).GetHolds()) != 0 {
		t.Error("credit is cleared although no account asks for it")
	}
	w.billing.atRelease = true
	order := w.submit(request(want{"ITEM-1", 2}, want{"ITEM-2", 3}))
	w.settle()
	w.inventory.AddStock("ITEM-2", "LEEDS", 2)
	w.settle()
	got := w.get(order)
	if a, b := got.GetLines()[0], got.GetLines()[1]; a.GetReleased() != "2" || b.GetReleased() != "3" || w.billing.clearedOf[order.GetOrderId()] != 2 {
		t.Errorf("lines %v and %v after %d clearances, want all released by two", a, b, w.billing.clearedOf[order.GetOrderId()])
	}
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

// A refused clearance holds the order as it stands: what is reserved stays so. There is credit again: it is asked anew and goes.
func TestRefusedClearanceHoldsUntilThereIsCredit(t *testing.T) {
	w := newWorld(t)
	w.billing.atRelease, w.billing.block = true, blocksAll
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	held := w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_HELD)
	if hold := held.GetHolds()[0]; hold.GetType() != creditHold || hold.GetReason() != "CREDIT_BLOCKED" || held.GetLines()[0].GetReserved() != "5" {
		t.Fatalf("order %v, want its stock reserved and a credit hold", held)
	}
	w.blockOrder(order, 1) // the event says what the reply said
	w.billing.block = nil
	w.freeOrder(order, 2)
	w.blockOrder(order, 1) // out of turn
	got := w.get(order)
	if len(got.GetHolds()) != 0 || got.GetLines()[0].GetReleased() != "5" {
		t.Errorf("order %v, want it released", got)
	}
	w.verify()
}

// That there is credit again may be heard before the refusal: then it is asked anew and nothing stays held for ever.
func TestFreedBeforeItsRefusalIsHeard(t *testing.T) {
	w := newWorld(t)
	w.billing.atRelease = true
	once := true
	var order *orderv1.Order
	w.billing.block = func(want *billingv1.CreditClearance) string {
		if !once {
			return ""
		}
		return "CREDIT_LIMIT"
	}
	w.troubles.set(func(method string) trouble {
		if method == "ClearCredit" && once {
			return replyLost
		}
		return none
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order = w.submit(request(want{"ITEM-1", 5}))
	w.eventually("the refusal is lost", func() bool {
		w.billing.mu.Lock()
		defer w.billing.mu.Unlock()
		return len(w.billing.clears) == 1
	})
	w.events.add("free", &billingv1.OrderCreditFreed{OrderId: order.GetOrderId(), Sequence: 2})
	for w.hear() {
	}
	w.billing.mu.Lock()
	once = false
	w.billing.mu.Unlock()
	w.troubles.set(nil)
	w.settle()
	if got := w.get(order); len(got.GetHolds()) != 0 || got.GetLines()[0].GetReleased() != "5" {
		t.Errorf("order %v, want it released", got)
	}
	w.verify()
}

// A person lets it go over the limit: the next clearances are forced.
func TestLiftedBlockIsForced(t *testing.T) {
	w := newWorld(t)
	w.billing.atRelease, w.billing.block = true, blocksAll
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_HELD)
	w.liftHold(order, creditHold)
	w.settle()
	if got := w.get(order); len(got.GetHolds()) != 0 || got.GetLines()[0].GetReleased() != "5" {
		t.Errorf("order %v, want it released", got)
	}
	w.verify()
}

// A lowered limit holds what has not gone to a warehouse and touches nothing else; raised again it lets go what was held for
// it, and nothing that a person has held.
func TestBlockHoldsWhatHasNotGone(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	gone := w.submit(request(want{"ITEM-1", 3}))
	waits := w.submit(request(want{"ITEM-1", 2}, want{"ITEM-2", 4}))
	byHand := w.submit(request(want{"ITEM-2", 1}))
	w.settle()
	w.placeHold(byHand, creditHold)
	for _, order := range []*orderv1.Order{gone, waits, byHand} {
		w.blockOrder(order, 1)
	}
	if len(w.get(gone).GetHolds()) != 0 {
		t.Error("an order is held of which all is with the warehouse")
	}
	w.inventory.AddStock("ITEM-2", "LEEDS", 5)
	w.settle()
	got := w.wantStatus(waits, orderv1.OrderStatus_ORDER_STATUS_HELD)
	if a, b := got.GetLines()[0], got.GetLines()[1]; a.GetReleased() != "2" || b.GetReserved() != "4" {
		t.Errorf("lines %v and %v, want what had gone gone, the rest set aside", a, b)
	}
	w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 3})
	w.settle()
	for _, order := range []*orderv1.Order{gone, waits, byHand} {
		w.freeOrder(order, 2)
	}
	if got := w.get(waits); len(got.GetHolds()) != 0 || got.GetLines()[1].GetReleased() != "4" {
		t.Errorf("order %v, want the rest released", got)
	}
	if holds := w.get(byHand).GetHolds(); len(holds) != 1 || holds[0].GetReason() != "PLACED" {
		t.Errorf("holds %v, want the one that a person has placed", holds)
	}
	w.verify()
}
