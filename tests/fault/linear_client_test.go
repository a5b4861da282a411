package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/durationpb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// places are few, so that clients meet. HOLD lies in one place only: a hold does not say from where.
var places = []place{{"A", "N1"}, {"A", "N2"}, {"B", "N1"}, {"HOLD", "N2"}}

const (
	// patience is how long a client repeats a request that has no definite answer, and littlePatience how long where a defect
	// is planted that may keep it from ever coming.
	patience       = 2 * time.Minute
	littlePatience = 20 * time.Second
	// repeatPause is how long it waits before it does.
	repeatPause = 30 * time.Millisecond
	holdTime    = time.Hour
)

// history is what clients asked and heard, on one clock.
type history struct {
	began time.Time
	mu    sync.Mutex
	steps []porcupine.Operation
}

func (h *history) now() int64 { return int64(time.Since(h.began)) }

// add notes a step. One without an answer may take effect at any later time.
func (h *history) add(client int, asked step, heard answer, call int64) {
	end := h.now()
	if heard.unknown {
		end = int64(1) << 60
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps = append(h.steps, porcupine.Operation{ClientId: client, Input: asked, Output: heard, Call: call, Return: end})
}

func (h *history) unknown() (n int) {
	for _, one := range h.steps {
		if one.Output.(answer).unknown {
			n++
		}
	}
	return n
}

// client works on stock as the order service, operators and warehouses do, one request after the other.
type client struct {
	number      int
	random      *rand.Rand
	history     *history
	patience    time.Duration
	order       inventoryv1.InventoryServiceClient // called by the order service
	operator    inventoryv1.InventoryServiceClient
	fulfillment fulfillmentv1.FulfillmentServiceClient // called by the order service
	warehouse   fulfillmentv1.FulfillmentServiceClient // called by a warehouse
	promises    []promise
	keys        int
	shipping    errgroup.Group // of what was shipped and is not posted yet
}

// promise is a reservation of the client's, with what is left of it.
type promise struct {
	at   place
	key  string // of the reservation, and the order's id
	hold string // the id of a hold
	left int64
}

func (c *client) key() string {
	c.keys++
	return fmt.Sprintf("client-%d-%d", c.number, c.keys)
}

// work makes n requests.
func (c *client) work(ctx context.Context, n int) error {
	for range n {
		var err error
		switch draw := c.random.IntN(100); {
		case draw < 40:
			err = c.reserve(ctx)
		case draw < 58:
			err = c.giveBack(ctx)
		case draw < 68:
			err = c.ship(ctx)
		case draw < 84:
			err = c.adjust(ctx)
		default:
			err = c.look(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errAbandoned ends a request whose client did not wait for its answer.
var errAbandoned = errors.New("abandoned")

// until repeats a call with the same key until its answer is definite. Now and then the client does not wait, and never
// learns what became of it.
func (c *client) until(ctx context.Context, call func(context.Context) error) error {
	if c.random.IntN(25) == 0 {
		soon, cancel := context.WithTimeout(ctx, time.Duration(1+c.random.IntN(20))*time.Millisecond)
		defer cancel()
		err := call(soon)
		if err != nil && !definite(err) {
			return errAbandoned
		}
		return err
	}
	return c.insist(ctx, call)
}

// insist repeats a call for as long as the client has patience.
func (c *client) insist(ctx context.Context, call func(context.Context) error) error {
	return insist(ctx, c.patience, call)
}

// insist repeats a call until its answer is definite.
func insist(ctx context.Context, patience time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := call(ctx)
		if err == nil || definite(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no definite answer within %s: %w", patience, err)
		case <-time.After(repeatPause):
		}
	}
}

// definite tells whether an error is a decision. Whoever hears anything else knows nothing.
func definite(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.AlreadyExists, fault.Precondition, fault.Denied, fault.Unauthenticated:
		return true
	case fault.Internal:
		refusal, ok := fault.As(err)
		return ok && refusal.Kind == fault.Internal
	default:
		return false
	}
}

// note adds the step with what was heard; a refusal is an answer too, and any other decision is a defect.
func (c *client) note(asked step, heard answer, call int64, err error, refusals ...string) error {
	switch {
	case errors.Is(err, errAbandoned):
		heard = answer{unknown: true}
	case err != nil:
		for _, reason := range refusals {
			if fault.ReasonOf(err) == reason {
				c.history.add(c.number, asked, answer{refused: true}, call)
				return nil
			}
		}
		return fmt.Errorf("%s: %w", asked.kind, err)
	}
	c.history.add(c.number, asked, heard, call)
	return nil
}

func (c *client) reserve(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: takeAll, quantity: int64(1 + c.random.IntN(6)), promise: c.key()}
	if c.random.IntN(2) == 0 {
		asked.kind = takeSome
	}
	made := promise{at: asked.at, key: asked.promise}
	var heard answer
	call := c.history.now()
	var err error
	if asked.at.sku == "HOLD" {
		err = c.until(ctx, func(ctx context.Context) error { return c.hold(ctx, asked, &made, &heard) })
	} else {
		err = c.until(ctx, func(ctx context.Context) error { return c.promise(ctx, asked, &heard) })
	}
	if err == nil && heard.quantity > 0 {
		made.left = heard.quantity
		c.promises = append(c.promises, made)
	}
	return c.note(asked, heard, call, err, "INSUFFICIENT")
}

func (c *client) promise(ctx context.Context, asked step, heard *answer) error {
	policy := map[kind]inventoryv1.ShortagePolicy{
		takeAll: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE, takeSome: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP,
	}[asked.kind]
	elsewhere := map[string]string{"N1": "N2", "N2": "N1"}[asked.at.node]
	got, err := c.order.Reserve(ctx, &inventoryv1.ReserveRequest{Reservations: []*inventoryv1.ReservationRequest{{
		Key: asked.promise, OrderId: asked.promise, ShortagePolicy: policy, ExcludedNodeIds: []string{elsewhere},
		Lines: []*inventoryv1.ReservationRequestLine{{LineNumber: 1, Sku: asked.at.sku, Quantity: asked.quantity}},
	}}})
	if err != nil {
		return err
	}
	outcome := got.GetOutcomes()[0]
	*heard = answer{refused: outcome.GetRefusal() != nil}
	if heard.refused && outcome.GetRefusal().GetReason() != "INSUFFICIENT" {
		return fault.New(fault.Invalid, outcome.GetRefusal().GetReason(), "refused")
	}
	for _, line := range outcome.GetReservation().GetLines() {
		for _, part := range line.GetAllocations() {
			heard.quantity += part.GetQuantity()
		}
	}
	return nil
}

func (c *client) hold(ctx context.Context, asked step, made *promise, heard *answer) error {
	got, err := c.operator.CreateStockHold(ctx, &inventoryv1.CreateStockHoldRequest{
		RequestId: asked.promise, Ttl: durationpb.New(holdTime), AllowPartial: asked.kind == takeSome,
		Lines: []*inventoryv1.CreateStockHoldLine{{Sku: asked.at.sku, Quantity: strconv.FormatInt(asked.quantity, 10)}},
	})
	if err != nil {
		return err
	}
	made.hold = got.GetStockHold().GetStockHoldId()
	heard.quantity, err = strconv.ParseInt(got.GetStockHold().GetLines()[0].GetHeld(), 10, 64)
	return err
}

// take draws one of the client's promises and removes it from the list.
func (c *client) take() (promise, bool) {
	if len(c.promises) == 0 {
		return promise{}, false
	}
	i := c.random.IntN(len(c.promises))
	drawn := c.promises[i]
	c.promises = append(c.promises[:i], c.promises[i+1:]...)
	return drawn, true
}

func (c *client) giveBack(ctx context.Context) error {
	of, ok := c.take()
	if !ok {
		return c.look(ctx)
	}
	asked := step{at: of.at, kind: giveBack, quantity: of.left, promise: of.key}
	call, key := c.history.now(), c.key()
	if of.hold != "" {
		err := c.until(ctx, func(ctx context.Context) error {
			_, err := c.operator.ReleaseStockHold(ctx, &inventoryv1.ReleaseStockHoldRequest{StockHoldId: of.hold})
			return err
		})
		return c.note(asked, answer{quantity: of.left}, call, err)
	}
	if c.random.IntN(2) == 0 {
		asked.quantity = int64(1 + c.random.IntN(int(of.left)))
	}
	var heard answer
	err := c.until(ctx, func(ctx context.Context) error {
		got, err := c.order.CancelReservation(ctx, &inventoryv1.CancelReservationRequest{Cancellations: []*inventoryv1.ReservationCancellation{{
			Key: key, OrderId: of.key, ReservationKey: of.key, Reason: "given back",
			Lines: []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: of.at.node, Quantity: asked.quantity}},
		}}})
		if err == nil {
			heard = answer{}
			for _, line := range got.GetOutcomes()[0].GetGivenBack() {
				heard.quantity += line.GetQuantity()
			}
		}
		return err
	})
	if of.left -= heard.quantity; err == nil && of.left > 0 {
		c.promises = append(c.promises, of)
	}
	return c.note(asked, heard, call, err)
}

func (c *client) adjust(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: adjust, quantity: int64(c.random.IntN(16) - 5)}
	if asked.quantity == 0 {
		asked.quantity = 6
	}
	var heard answer
	call, key := c.history.now(), c.key()
	err := c.until(ctx, func(ctx context.Context) error {
		got, err := c.operator.AdjustStock(ctx, &inventoryv1.AdjustStockRequest{RequestId: key, Adjustments: []*inventoryv1.StockAdjustment{{
			Sku: asked.at.sku, NodeId: asked.at.node, Quantity: strconv.FormatInt(asked.quantity, 10), Reason: "COUNT",
			OutflowPolicy: inventoryv1.OutflowPolicy_OUTFLOW_POLICY_AVAILABLE_ONLY,
		}}})
		if err == nil {
			balance := got.GetBalances()[0]
			heard = answer{onHand: balance.GetOnHand(), reserved: balance.GetReserved()}
		}
		return err
	})
	return c.note(asked, heard, call, err, "NEGATIVE_AVAILABLE")
}

func (c *client) look(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: look}
	var heard answer
	call := c.history.now()
	err := c.until(ctx, func(ctx context.Context) error {
		got, err := c.operator.ListBalances(ctx, &inventoryv1.ListBalancesRequest{Skus: []string{asked.at.sku}, NodeIds: []string{asked.at.node}})
		if err == nil {
			heard = answer{}
			for _, balance := range got.GetBalances() {
				heard = answer{onHand: balance.GetOnHand(), reserved: balance.GetReserved()}
			}
		}
		return err
	})
	return c.note(asked, heard, call, err)
}
