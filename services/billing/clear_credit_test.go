package billing

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// clear asks for clearances and returns the reasons, empty where cleared.
func (w *world) clear(clearances ...*billingv1.CreditClearance) []string {
	w.t.Helper()
	reply, err := w.client.ClearCredit(w.t.Context(), &billingv1.ClearCreditRequest{Clearances: clearances})
	if err != nil {
		w.t.Fatal(err)
	}
	return convertAll(reply.GetOutcomes(), func(outcome *billingv1.CreditClearanceOutcome) string {
		return outcome.GetRefusal().GetReason()
	})
}

func clearanceOf(key string, order *orderv1.PricedOrder) *billingv1.CreditClearance {
	return &billingv1.CreditClearance{Key: key, OrderId: order.GetOrderId()}
}

func checkedAtRelease(account *masterdataAccount) {
	account.CreditCheckpoint = masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_RELEASE
	account.CreditLimitMinor = 15_000
}

func (w *world) changeAccount(name string, version int64, change func(*masterdataAccount)) {
	w.t.Helper()
	w.account(name, func(account *masterdataAccount) {
		account.Version = version
		change(account)
	})
}

func (w *world) wantBlocked(account string, want int64) {
	w.t.Helper()
	reply, err := w.service.GetCreditStatus(w.t.Context(), &billingv1.GetCreditStatusRequest{AccountId: account})
	if err != nil || reply.GetStatus().GetBlockedOrders() != want {
		w.t.Errorf("%d orders are blocked (%v), want %d", reply.GetStatus().GetBlockedOrders(), err, want)
	}
}

// With the checkpoint RELEASE a claim is granted whatever the limit says and counts all the same; before its release the
// exposure must be within the limit. A key keeps its outcome, and what is refused is freed by the payment that makes room.
func TestCheckpointReleaseChecksBeforeTheRelease(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", checkedAtRelease)
	first, second := priced("ACME", "10"), priced("ACME", "10") // 120.00 each, the limit is 150.00
	reply, err := w.client.ClaimCredit(t.Context(), &billingv1.ClaimCreditRequest{
		Claims: []*billingv1.CreditClaim{claimOf("1", first)},
	})
	if err != nil || !reply.GetOutcomes()[0].GetCheckAtRelease() {
		t.Fatalf("the claim does not ask for a check at release: %v, %v", reply, err)
	}
	if got := w.clear(clearanceOf("c/1", first)); got[0] != "" {
		t.Errorf("120 of 150 are refused with %s", got[0])
	}
	if got := w.claim(claimOf("2", second)); got[0] != "" {
		t.Fatalf("a claim over the limit is refused with %s at acceptance", got[0])
	}
	w.wantCredit("ACME", 0, 0, 24_000)
	unknown := priced("ACME", "1")
	got := w.clear(clearanceOf("c/2", first), clearanceOf("c/3", second), clearanceOf("c/4", unknown), clearanceOf("c/1", first))
	if want := []string{"CREDIT_LIMIT", "CREDIT_LIMIT", "ORDER_UNKNOWN", ""}; !slices.Equal(got, want) {
		t.Errorf("refusals %q, want %q", got, want)
	}
	forced := clearanceOf("c/5", second)
	forced.Forced = true
	if got := w.clear(forced); got[0] != "" {
		t.Errorf("a forced clearance is refused with %s", got[0])
	}
	w.wantBlocked("ACME", 2)
	w.holds()
	w.paid(paymentOf("p", 9_000))
	w.wantBlocked("ACME", 0)
	if w.told("billing.order_credit.blocked") != 2 || w.told("billing.order_credit.freed") != 2 {
		t.Error("two orders were blocked and freed")
	}
	if got := w.clear(clearanceOf("c/2", first), clearanceOf("c/6", first)); got[0] != "CREDIT_LIMIT" || got[1] != "" {
		t.Errorf("refusals %q: a key keeps its outcome, another one is decided anew", got)
	}
	w.holds()
}

// BOTH checks twice, ACCEPT never asks for the second time.
func TestCheckpointsBothAndAccept(t *testing.T) {
	w := newWorld(t)
	w.account("BOTH", func(account *masterdataAccount) {
		account.CreditCheckpoint, account.CreditLimitMinor = masterdatav1.CreditCheckpoint_CREDIT_CHECKPOINT_BOTH, 15_000
	})
	w.account("ACME", nil)
	reply, err := w.client.ClaimCredit(t.Context(), &billingv1.ClaimCreditRequest{Claims: []*billingv1.CreditClaim{
		claimOf("1", priced("BOTH", "10")), claimOf("2", priced("BOTH", "10")), claimOf("3", priced("ACME", "10")),
	}})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := reply.GetOutcomes()
	if !outcomes[0].GetCheckAtRelease() || outcomes[1].GetRefusal().GetReason() != "CREDIT_LIMIT" || outcomes[2].GetCheckAtRelease() {
		t.Errorf("outcomes %v", outcomes)
	}
}

// A limit that falls below what is owed blocks every order that has something left; raised again it frees them. Orders that
// nobody blocked are not touched, and a change that asks for less blocks nothing.
func TestLoweredLimitBlocksUntilThereIsRoomAgain(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("OTHER", nil)
	shippedWhole, open, other := priced("ACME", "1"), priced("ACME", "10"), priced("OTHER", "10")
	w.granted(shippedWhole)
	w.granted(open)
	w.granted(other)
	w.ship(shipped(shippedWhole, 1, 10))
	w.changeAccount("ACME", 2, func(account *masterdataAccount) { account.CreditLimitMinor = 13_200 })
	w.wantBlocked("ACME", 0)
	w.changeAccount("ACME", 3, func(account *masterdataAccount) { account.CreditLimitMinor = 13_199 })
	w.wantBlocked("ACME", 1)
	if w.count("credit_block WHERE blocked AND reason = 'CREDIT_LIMIT'") != 1 || w.told("billing.order_credit.blocked") != 1 {
		t.Error("the open order was not blocked for its limit, and told so once")
	}
	w.changeAccount("ACME", 4, func(account *masterdataAccount) { account.CreditLimitMinor = 10_000 })
	if w.told("billing.order_credit.blocked") != 1 {
		t.Error("a blocked order was blocked again")
	}
	w.changeAccount("ACME", 5, func(account *masterdataAccount) { account.CreditLimitMinor = 13_000 })
	w.wantBlocked("ACME", 1)
	w.changeAccount("ACME", 6, func(account *masterdataAccount) { account.CreditLimitMinor = 13_200 })
	w.wantBlocked("ACME", 0)
	w.changeAccount("ACME", 7, func(account *masterdataAccount) { account.CreditStop = true })
	w.wantBlocked("ACME", 1)
	w.holds()
	// What is cancelled leaves room, but not for an account that is stopped.
	w.release(&billingv1.CreditRelease{Key: "r", OrderId: open.GetOrderId()})
	w.wantBlocked("ACME", 1)
	w.changeAccount("ACME", 8, func(*masterdataAccount) {})
	w.wantBlocked("ACME", 0)
	w.wantBlocked("OTHER", 0)
	w.holds()
}

// What waits for stock counts with the account's weight, and in full again once stock is set aside. The weight of an order is
// that of the day of its claim.
func TestBackorderedUnitsWeighLess(t *testing.T) {
	w := newWorld(t)
	quarter := func(account *masterdataAccount) { account.BackorderWeightBp = proto.Int32(2_500) }
	w.account("ACME", quarter)
	order := priced("ACME", "10", "20")
	w.granted(order)
	w.wantCredit("ACME", 0, 0, 36_000)
	waits := func(quantity int64) {
		t.Helper()
		lines := []*orderv1.LineBuckets{{LineNumber: 1, Ordered: 10, Backordered: quantity, Reserved: 10 - quantity}}
		event := &orderv1.OrderLineBackordered{OrderId: order.GetOrderId(), Lines: lines}
		for range 2 {
			if err := w.deliver(w.service.onOrderChanged, event); err != nil {
				t.Fatal(err)
			}
		}
		w.holds()
	}
	waits(4) // 48.00 of 120.00 wait: 12.00 of them count
	w.wantCredit("ACME", 0, 0, 36_000-3_600)
	w.changeAccount("ACME", 2, func(account *masterdataAccount) { account.BackorderWeightBp = proto.Int32(0) })
	waits(8)
	w.wantCredit("ACME", 0, 0, 36_000-7_200)
	w.ship(shipped(order, 1, 2)) // what is left of the line waits
	w.run(w.service)
	w.allIssued(1)
	w.wantCredit("ACME", 2_400, 0, 24_000+2_400)
	w.release(&billingv1.CreditRelease{Key: "r", OrderId: order.GetOrderId(), Lines: []*orderv1.LineBuckets{{LineNumber: 1, Cancelled: 5}}})
	w.wantCredit("ACME", 2_400, 0, 24_000+900)
	w.holds()
	full := priced("FULL", "10")
	w.account("FULL", nil)
	w.granted(full)
	event := &orderv1.OrderLineBackordered{OrderId: full.GetOrderId(), Lines: []*orderv1.LineBuckets{{LineNumber: 1, Backordered: 10}}}
	if err := w.deliver(w.service.onOrderChanged, event); err != nil {
		t.Fatal(err)
	}
	w.wantCredit("FULL", 0, 0, 12_000)
	if w.count("order_progress") != 1 {
		t.Error("what weighs in full is followed")
	}
}
