package order

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// Every method fails at first: once undone, once done with its reply lost.
func TestLostRepliesAreAskedAgainWithTheSameKey(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	w.troubles.set(func(method string) trouble {
		seen[method]++
		switch seen[method] {
		case 1:
			return replyLost
		case 2:
			return notDone
		default:
			return none
		}
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}, want{"ITEM-2", 2}))
	w.settle()
	w.cancel(order)
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	w.verify()
	if len(w.inventory.outcomes) != 1 || len(w.fulfillment.outcomes) != 1 || len(w.billing.outcomes) != 1 {
		t.Errorf("%d reservations, %d claims, %d orders to warehouses, want one of each",
			len(w.inventory.outcomes), len(w.billing.outcomes), len(w.fulfillment.outcomes))
	}
}

// The reservation is undone before anybody knows whether it was made, and comes late.
func TestUndoneBeforeItWasSeen(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	w.troubles.set(func(method string) trouble {
		if method == "Reserve" {
			return notDone
		}
		return none
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD {
		t.Fatalf("state %v, want HELD although inventory is down", order.GetState())
	}
	w.settle()
	if len(w.inventory.undone) != 1 {
		t.Errorf("%d tombstones, want one", len(w.inventory.undone))
	}
	w.verify()
}

// The order is cancelled while the warehouse's order is still to be made.
func TestStoppedBeforeItWasMade(t *testing.T) {
	w := newWorld(t)
	w.troubles.set(func(method string) trouble {
		if method == "CreateFulfillment" {
			return notDone
		}
		return none
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.cancel(order)
	w.eventually("the warehouse was asked to stop", func() bool {
		w.fulfillment.mu.Lock()
		defer w.fulfillment.mu.Unlock()
		return len(w.fulfillment.undone) == 1
	})
	w.troubles.set(nil)
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	w.verify()
}

func TestStuckAndRecovered(t *testing.T) {
	w := newWorld(t)
	w.troubles.set(func(string) trouble { return notDone })
	req := request(want{"ITEM-1", 5})
	req.Wait = noWait
	order := w.submit(req)
	w.clock.forward(time.Hour)
	w.eventually("an exception is open", func() bool {
		return w.count(`SELECT count(*) FROM process_exception WHERE reason = 'PROCESS_STUCK' AND resolved_at IS NULL`) == 1
	})
	w.troubles.set(nil)
	w.clock.forward(time.Hour)
	w.eventually("it is accepted", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	w.eventually("the exception is closed", func() bool {
		return w.count(`SELECT count(*) FROM process_exception WHERE resolved_at IS NULL`) == 0
	})
	if told := w.count(`SELECT count(*) FROM outbox AS o JOIN process_exception AS e ON o.aggregate = e.exception_id::TEXT
		WHERE o.sequence IN (1, 2) AND e.sequence = 2`); told != 2 {
		t.Errorf("%d events told of the exception, want that it was opened and that it is over", told)
	}
	w.settle()
	w.verify()
}

// errCrash ends a set at a point, as if the process had died there.
var errCrash = errors.New("crashed")

// crashAt makes a service die at the n-th time that it comes to a point: nothing works from then on.
func crashAt(point string, n int) (crash func(string) error, died func() bool) {
	var mu sync.Mutex
	dead := false
	return func(at string) error {
			mu.Lock()
			defer mu.Unlock()
			if at == point {
				n--
			}
			dead = dead || n <= 0
			if dead {
				return errCrash
			}
			return nil
		}, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return dead
		}
}

// The service dies at every step boundary; a new one on the same database goes on.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	points := []string{"before settle", "after settle"}
	for _, action := range []string{
		"billing.ClaimCredit", "inventory.Reserve", "fulfillment.CreateFulfillment", "fulfillment.CancelFulfillment",
		"inventory.CancelReservation", "billing.ReleaseCredit",
	} {
		points = append(points, "before "+action, "after "+action)
	}
	for _, point := range points {
		for n := 1; n <= 2; n++ {
			t.Run(fmt.Sprint(point, " ", n), func(t *testing.T) {
				t.Parallel()
				crashOnce(t, point, n)
			})
		}
	}
}

func crashOnce(t *testing.T, point string, n int) {
	t.Helper()
	w := newWorld(t)
	w.billing.refuse = func(claim *billingv1.CreditClaim) string {
		if len(claim.GetOrder().GetLines()) == 3 {
			return "CREDIT_LIMIT"
		}
		return ""
	}
	w.inventory.AddStock("ITEM-1", "LEEDS", 20)
	w.inventory.AddStock("ITEM-2", "YORK", 2)
	crash, died := crashAt(point, n)
	w.restart(crash)
	var orders []*orderv1.Order
	send := func(wants ...want) {
		req := request(wants...)
		req.Wait = noWait
		orders = append(orders, w.submit(req))
	}
	send(want{"ITEM-1", 5}, want{"ITEM-2", 5})
	send(want{"ITEM-1", 1}, want{"ITEM-2", 1}, want{"ITEM-3", 1}) // held
	send(want{"ITEM-1", 2}, want{"FREIGHT", 1})
	revive := func() {
		if died() {
			w.restart(nil)
			w.clock.forward(process.Grace) // what the dead one had in memory comes to light
		}
	}
	w.eventually("all are decided", func() bool {
		revive()
		return w.count(`SELECT count(*) FROM order_state WHERE state = 'RECEIVED'`) == 0
	})
	for i, order := range orders {
		w.cancel(order, &orderv1.CancelLine{LineNumber: 1, Quantity: "1"})
		w.amendAnyhow(order, fmt.Sprint("a", i), lineTo(1, "4"), lineTo(2, "3"))
	}
	w.eventually("all is quiet", func() bool {
		revive()
		return w.quiet(`SELECT count(*) FROM process`)
	})
	w.verify()
	w.inventory.AddStock("ITEM-2", "HULL", 10)
	w.settle()
	w.shipAll()
	w.settle()
	w.verify()
}

// Two replicas share the work; when one dies, the other one takes over what it had.
func TestTakeOver(t *testing.T) {
	w := newWorld(t)
	other := w.newService()
	stopOther := w.run(other)
	w.eventually("the work is shared", func() bool {
		return len(w.service.owner.Leases().Shards()) > 0 && len(other.owner.Leases().Shards()) > 0
	})
	w.troubles.set(func(string) trouble { return notDone })
	w.inventory.AddStock("ITEM-1", "LEEDS", 1000)
	for range 20 {
		req := request(want{"ITEM-1", 1})
		req.Wait = noWait
		w.submit(req)
	}
	w.stop()
	w.troubles.set(nil)
	w.eventually("the other replica has decided all", func() bool {
		return w.count(`SELECT count(*) FROM order_state WHERE state <> 'ACCEPTED'`) == 0
	})
	w.settle()
	w.verify()
	stopOther()
}

// Peers fail and lose replies at random while orders are sent, cancelled, shipped and short, and events come in any
// order that keeps that of their aggregates. At the end everybody agrees.
func TestDisorder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			disorder(t, rand.New(rand.NewPCG(seed, 7)))
		})
	}
}

func disorder(t *testing.T, random *rand.Rand) {
	t.Helper()
	w := newAskingWorld(t)
	var mu sync.Mutex
	chance := func(n int) int { mu.Lock(); defer mu.Unlock(); return random.IntN(n) }
	w.troubles.set(func(string) trouble { return []trouble{none, none, none, notDone, replyLost}[chance(5)] })
	w.billing.refuse = func(*billingv1.CreditClaim) string { return []string{"", "", "", "CREDIT_LIMIT"}[chance(4)] }
	nodes := w.inventory.nodes
	item := func() string { return fmt.Sprintf("ITEM-%d", 1+chance(3)) }
	var orders []*orderv1.Order
	for range 70 {
		switch chance(11) {
		case 0, 1, 2:
			req := request(want{item(), 1 + chance(6)}, want{item(), 1 + chance(6)}, want{"FREIGHT", 1})
			req.FulfillmentPolicy = orderv1.FulfillmentPolicy(chance(4))
			req.Wait, req.Channel = noWait, []string{"web", "portal", "edi"}[chance(3)]
			orders = append(orders, w.submit(req))
		case 3:
			w.inventory.AddStock(item(), nodes[chance(3)], int64(1+chance(10)))
		case 4:
			w.inventory.Revoke(item(), nodes[chance(3)], 1)
		case 5:
			if len(orders) > 0 {
				w.cancelSome(orders[chance(len(orders))], chance)
			}
		case 6:
			w.someWarehouse(chance)
		case 7:
			if one, ok := w.events.take(chance); ok {
				w.deliver(w.service.onFacts, message(one))
			}
		case 8:
			w.fulfillment.mu.Lock()
			w.fulfillment.stopAtOnce = chance(2) == 0
			w.fulfillment.mu.Unlock()
		case 9, 10:
			if len(orders) > 0 {
				w.amendSome(orders[chance(len(orders))], item, chance)
			}
		}
	}
	w.troubles.set(nil)
	w.settle()
	for range 6 {
		for i := range 3 {
			w.inventory.AddStock(fmt.Sprintf("ITEM-%d", i+1), nodes[chance(3)], 1000)
		}
		w.settle()
		w.shipAll()
		w.settle()
	}
	w.verify()
	for _, order := range orders {
		switch order = w.get(order); order.GetStatus() {
		case orderv1.OrderStatus_ORDER_STATUS_INVOICED, orderv1.OrderStatus_ORDER_STATUS_CANCELLED,
			orderv1.OrderStatus_ORDER_STATUS_REJECTED, orderv1.OrderStatus_ORDER_STATUS_HELD:
		default:
			t.Errorf("order ended as %v", order)
		}
	}
}

// amendAnyhow amends an order if that is possible just now.
func (w *world) amendAnyhow(order *orderv1.Order, request string, lines ...*orderv1.AmendLine) {
	_, err := w.tryAmend(order, request, func(req *orderv1.AmendOrderRequest) { req.Lines, req.Wait = lines, noWait })
	switch fault.ReasonOf(err) {
	case "", "AMENDMENT_PENDING", "ORDER_NOT_DECIDED", "ORDER_ENDED", "CREDIT_LIMIT", "NOTHING_TO_CHANGE", "LINE_UNKNOWN", "LINE_MOVED":
	default:
		w.t.Error(err)
	}
}

// amendSome amends an order somehow.
func (w *world) amendSome(order *orderv1.Order, item func() string, chance func(int) int) {
	line := lineTo(int32(1+chance(3)), fmt.Sprint(chance(9)))
	if chance(4) == 0 {
		line.UnitPrice = fmt.Sprint(1 + chance(3))
	}
	_, err := w.tryAmend(order, fmt.Sprint("a", chance(1_000_000_000)), func(req *orderv1.AmendOrderRequest) {
		req.Lines, req.Wait = []*orderv1.AmendLine{line}, noWait
		if chance(3) == 0 {
			req.AddedLines = []*orderv1.AddLine{{Sku: item(), Quantity: &commonv1.Quantity{Value: fmt.Sprint(1 + chance(4))}}}
		}
	})
	if fault.KindOf(err) != fault.Precondition && fault.KindOf(err) != fault.Conflict && fault.ReasonOf(err) != "NOTHING_TO_CHANGE" && err != nil {
		w.t.Error(err)
	}
}

// cancelSome cancels an order, or a unit of one of its lines.
func (w *world) cancelSome(order *orderv1.Order, chance func(int) int) {
	req := &orderv1.CancelOrderRequest{RequestId: fmt.Sprint("c", chance(1_000_000_000)), OrderId: order.GetOrderId(), Reason: "r"}
	if chance(2) == 0 {
		req.Lines = []*orderv1.CancelLine{{LineNumber: int32(1 + chance(2)), Quantity: "1"}}
	}
	if _, err := w.client.CancelOrder(w.t.Context(), req); err != nil {
		w.t.Error(err)
	}
}

// someWarehouse does something with what it was handed over.
func (w *world) someWarehouse(chance func(int) int) {
	w.fulfillment.mu.Lock()
	if len(w.fulfillment.orders) == 0 {
		w.fulfillment.mu.Unlock()
		return
	}
	made := w.fulfillment.orders[chance(len(w.fulfillment.orders))]
	if made.asked && chance(2) == 0 {
		w.fulfillment.cancelled(made)
		w.fulfillment.mu.Unlock()
		return
	}
	w.fulfillment.mu.Unlock()
	switch chance(4) {
	case 0:
		w.short(made, int32(1+chance(2)), int64(1+chance(2)))
	case 1:
		w.reject(made)
	default:
		w.ship(made, map[int32]int64{1: int64(chance(5)), 2: int64(chance(5)), 3: int64(chance(2))})
	}
}
