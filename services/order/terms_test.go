package order

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// erpAway lets the ERP not answer.
func (w *world) erpAway() {
	w.troubles.set(func(method string) trouble {
		if method == "CheckTerms" {
			return notDone
		}
		return none
	})
}

func TestTermsAreConfirmedByTheERPAndNotAskedForEachOrder(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	for range 3 {
		order := w.submit(request(want{"ITEM-1", 20})) // 50.00, above what is taken unconfirmed
		if terms := order.GetTerms(); order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED ||
			terms.GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CONFIRMED || terms.GetReason() != "" || terms.GetAge().AsDuration() > time.Minute {
			t.Fatalf("%v on %v, want it accepted on confirmed terms", order.GetState(), terms)
		}
	}
	if asked := w.outside.count("CheckTerms"); asked != 1 {
		t.Errorf("the ERP was asked %d times within a minute, want once", asked)
	}
	w.clock.forward(2 * termsFresh)
	w.submit(request(want{"ITEM-1", 1}))
	if asked := w.outside.count("CheckTerms"); asked != 2 {
		t.Errorf("the ERP was asked %d times, want again after a while", asked)
	}
	w.settle()
	w.verify()
}

// While the ERP is away orders are taken on the terms that are known, at once and with their age; a large one waits until it is back.
func TestAnERPThatIsAway(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.submit(request(want{"ITEM-1", 1}))
	w.erpAway()
	w.clock.forward(35 * time.Minute)

	small := w.submit(request(want{"ITEM-1", 8})) // 20.00
	terms := small.GetTerms()
	if small.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED || terms.GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CACHED ||
		terms.GetAge().AsDuration().Round(time.Minute) != 35*time.Minute || terms.GetReason() != "DOWN" {
		t.Errorf("%v on %v, want it accepted on terms that are 35 minutes old", small.GetState(), terms)
	}
	large := w.submit(request(want{"ITEM-1", 9})) // 22.50
	if large.GetState() != orderv1.OrderState_ORDER_STATE_HELD || large.GetHolds()[0].GetType() != orderv1.HoldType_HOLD_TYPE_STALE_DATA {
		t.Fatalf("%v with %v, want it held for stale data", large.GetState(), large.GetHolds())
	}
	lifted := w.submit(request(want{"ITEM-1", 10}))
	reply, err := w.client.ReleaseHold(t.Context(), &orderv1.ReleaseHoldRequest{
		RequestId: "r", OrderId: lifted.GetOrderId(), Type: orderv1.HoldType_HOLD_TYPE_STALE_DATA, Reason: "a good customer",
		Wait: durationpb.New(20 * time.Second),
	})
	if err != nil || reply.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED ||
		reply.GetOrder().GetTerms().GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CACHED {
		t.Errorf("%v %v, want it accepted on a person's word", reply.GetOrder(), err)
	}
	w.eventually("what was set aside for the held one is given back, and the ERP is asked again and again", func() bool {
		return w.count(`SELECT count(*) FROM process WHERE kind = 'acceptance'`) == 0 &&
			w.count(`SELECT count(*) FROM process WHERE kind = 'recheck' AND (steps->0->>'attempt')::INT8 > 2`) == 1
	})
	if state := w.get(large).GetState(); state != orderv1.OrderState_ORDER_STATE_HELD {
		t.Errorf("the large one is %v before the ERP is back", state)
	}

	w.troubles.set(nil)
	w.clock.forward(process.Slow.Longest)
	w.eventually("the large one is accepted", func() bool { return w.get(large).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	if terms := w.get(large).GetTerms(); terms.GetBasis() != orderv1.TermsBasis_TERMS_BASIS_CONFIRMED {
		t.Errorf("on %v, want terms that the ERP has confirmed", terms)
	}
	w.settle()
	w.wantStatus(large, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	w.verify()
}

// An ERP that is slow costs an order its budget, and no more.
func TestAnERPThatDoesNotAnswerInTime(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.budget = 0
	w.restart(nil)
	w.outside.set(func() { w.outside.silent = true })
	began := time.Now()
	order := w.submit(request(want{"ITEM-1", 1}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED || order.GetTerms().GetReason() != "DEADLINE" {
		t.Errorf("%v on %v, want it accepted without an answer", order.GetState(), order.GetTerms())
	}
	if took := time.Since(began); took < process.BestEffort.Budget || took > silence/2 {
		t.Errorf("it took %s, want %s and what a busy machine adds", took, process.BestEffort.Budget)
	}
	// It has never confirmed anything: the terms are as old as the copy of the master data.
	if got, want := order.GetTerms().GetAsOf().AsTime(), order.GetMasterDataAsOf().AsTime(); !got.Equal(want) {
		t.Errorf("terms as of %s, want %s", got, want)
	}
	w.settle()
	w.verify()
}

func TestTermsThatTheERPRefuses(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.outside.set(func() { w.outside.refuse = func(*erpv1.TermsQuestion) string { return "ACCOUNT_BLOCKED" } })
	order := w.submit(request(want{"ITEM-1", 1}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || order.GetHolds()[0].GetType() != orderv1.HoldType_HOLD_TYPE_CREDIT ||
		order.GetHolds()[0].GetReason() != "TERMS_REFUSED" {
		t.Fatalf("%v with %v, want it held", order.GetState(), order.GetHolds())
	}
	w.settle()
	w.verify() // nothing is kept while it is held
	order, err := w.releaseHold(order, "r")
	if err != nil || order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED ||
		order.GetTerms().GetBasis() != orderv1.TermsBasis_TERMS_BASIS_REFUSED || order.GetTerms().GetReason() != "ACCOUNT_BLOCKED" {
		t.Errorf("%v on %v, %v, want a person to have the last word", order.GetState(), order.GetTerms(), err)
	}
	// A refusal is not remembered.
	w.outside.set(func() { w.outside.refuse = nil })
	if next := w.submit(request(want{"ITEM-1", 1})); next.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("%v with %v after the customer may buy again", next.GetState(), next.GetHolds())
	}
	w.settle()
	w.verify()
}

// The service dies while an order waits for the ERP: another process asks on.
func TestAnOrderWaitsForTheERPOverARestart(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.erpAway()
	order := w.submit(request(want{"ITEM-1", 20}))
	w.restart(nil)
	w.troubles.set(nil)
	w.clock.forward(process.Slow.Longest)
	w.eventually("it is accepted", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	w.settle()
	w.verify()
}

// The ERP has answered while what the held order had is still being taken back.
func TestTheERPAnswersBeforeAllIsTakenBack(t *testing.T) {
	w := newAskingWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.troubles.set(func(method string) trouble {
		if method == "CheckTerms" || method == "CancelReservation" {
			return notDone
		}
		return none
	})
	order := w.submit(request(want{"ITEM-1", 20}))
	w.troubles.set(func(method string) trouble {
		if method == "CancelReservation" {
			return notDone
		}
		return none
	})
	w.clock.forward(process.Slow.Longest)
	w.eventually("the ERP has answered", func() bool {
		return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_RECEIVED
	})
	w.troubles.set(nil)
	w.eventually("it is accepted", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	w.settle()
	w.verify()
}
