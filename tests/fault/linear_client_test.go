package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

// add notes a step that ends now.
func (h *history) add(client int, asked step, heard answer, call int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps = append(h.steps, porcupine.Operation{ClientId: client, Input: asked, Output: heard, Call: call, Return: h.now()})
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
	open        errgroup.Group // the steps whose answers it did not wait for
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

// attempt asks the system for a step once, always with the same key.
type attempt func(context.Context) (answer, error)

// ask takes a step and notes what was heard, which the client acts on. It repeats the request until the answer is definite.
// Now and then the client loses its patience at once, goes on to other work, and never acts on the answer that it hears later.
func (c *client) ask(ctx context.Context, asked step, do attempt, act func(answer), refusals ...string) error {
	call := c.history.now()
	if c.random.IntN(25) == 0 {
		soon, cancel := context.WithTimeout(ctx, time.Duration(1+c.random.IntN(20))*time.Millisecond)
		defer cancel()
		if heard, err := do(soon); err == nil || definite(err) {
			return c.note(asked, heard, call, err, act, refusals)
		}
		c.open.Go(func() error { return c.hear(ctx, asked, do, call, func(answer) {}, refusals) })
		return nil
	}
	return c.hear(ctx, asked, do, call, act, refusals)
}

// hear repeats the request for a step until its answer is definite, and notes it.
func (c *client) hear(ctx context.Context, asked step, do attempt, call int64, act func(answer), refusals []string) error {
	var heard answer
	err := c.insist(ctx, func(ctx context.Context) (err error) {
		heard, err = do(ctx)
		return err
	})
	return c.note(asked, heard, call, err, act, refusals)
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
func (c *client) note(asked step, heard answer, call int64, err error, act func(answer), refusals []string) error {
	if err != nil {
		if !slices.Contains(refusals, fault.ReasonOf(err)) {
			return fmt.Errorf("%s: %w", asked.kind, err)
		}
		heard = answer{refused: true}
	}
	c.history.add(c.number, asked, heard, call)
	act(heard)
	return nil
}

func (c *client) reserve(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: takeAll, quantity: int64(1 + c.random.IntN(6)), promise: c.key()}
	if c.random.IntN(2) == 0 {
		asked.kind = takeSome
	}
	made := promise{at: asked.at, key: asked.promise}
	do := func(ctx context.Context) (answer, error) { return c.promise(ctx, asked) }
	if asked.at.sku == "HOLD" {
		do = func(ctx context.Context) (answer, error) { return c.hold(ctx, asked, &made) }
	}
	return c.ask(ctx, asked, do, func(heard answer) {
		if made.left = heard.quantity; made.left > 0 {
			c.promises = append(c.promises, made)
		}
	}, "INSUFFICIENT")
}

func (c *client) promise(ctx context.Context, asked step) (answer, error) {
	policy := map[kind]inventoryv1.ShortagePolicy{
		takeAll: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_REFUSE, takeSome: inventoryv1.ShortagePolicy_SHORTAGE_POLICY_DROP,
	}[asked.kind]
	elsewhere := map[string]string{"N1": "N2", "N2": "N1"}[asked.at.node]
	got, err := c.order.Reserve(ctx, &inventoryv1.ReserveRequest{Reservations: []*inventoryv1.ReservationRequest{{
		Key: asked.promise, OrderId: asked.promise, ShortagePolicy: policy, ExcludedNodeIds: []string{elsewhere},
		Lines: []*inventoryv1.ReservationRequestLine{{LineNumber: 1, Sku: asked.at.sku, Quantity: asked.quantity}},
	}}})
	if err != nil {
		return answer{}, err
	}
	outcome := got.GetOutcomes()[0]
	if refusal := outcome.GetRefusal(); refusal != nil {
		return answer{}, fault.New(fault.Precondition, refusal.GetReason(), "refused")
	}
	var heard answer
	for _, line := range outcome.GetReservation().GetLines() {
		for _, part := range line.GetAllocations() {
			heard.quantity += part.GetQuantity()
		}
	}
	return heard, nil
}

func (c *client) hold(ctx context.Context, asked step, made *promise) (answer, error) {
	got, err := c.operator.CreateStockHold(ctx, &inventoryv1.CreateStockHoldRequest{
		RequestId: asked.promise, Ttl: durationpb.New(holdTime), AllowPartial: asked.kind == takeSome,
		Lines: []*inventoryv1.CreateStockHoldLine{{Sku: asked.at.sku, Quantity: strconv.FormatInt(asked.quantity, 10)}},
	})
	if err != nil {
		return answer{}, err
	}
	made.hold = got.GetStockHold().GetStockHoldId()
	held, err := strconv.ParseInt(got.GetStockHold().GetLines()[0].GetHeld(), 10, 64)
	return answer{quantity: held}, err
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
	asked, key := step{at: of.at, kind: giveBack, quantity: of.left, promise: of.key}, c.key()
	if of.hold != "" {
		return c.ask(ctx, asked, func(ctx context.Context) (answer, error) {
			_, err := c.operator.ReleaseStockHold(ctx, &inventoryv1.ReleaseStockHoldRequest{StockHoldId: of.hold})
			return answer{quantity: of.left}, err
		}, func(answer) {})
	}
	if c.random.IntN(2) == 0 {
		asked.quantity = int64(1 + c.random.IntN(int(of.left)))
	}
	return c.ask(ctx, asked, func(ctx context.Context) (answer, error) {
		got, err := c.order.CancelReservation(ctx, &inventoryv1.CancelReservationRequest{Cancellations: []*inventoryv1.ReservationCancellation{{
			Key: key, OrderId: of.key, ReservationKey: of.key, Reason: "given back",
			Lines: []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: of.at.node, Quantity: asked.quantity}},
		}}})
		if err != nil {
			return answer{}, err
		}
		var heard answer
		for _, line := range got.GetOutcomes()[0].GetGivenBack() {
			heard.quantity += line.GetQuantity()
		}
		return heard, nil
	}, func(heard answer) {
		if of.left -= heard.quantity; of.left > 0 {
			c.promises = append(c.promises, of)
		}
	})
}

func (c *client) adjust(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: adjust, quantity: int64(c.random.IntN(16) - 5)}
	if asked.quantity == 0 {
		asked.quantity = 6
	}
	key := c.key()
	return c.ask(ctx, asked, func(ctx context.Context) (answer, error) {
		got, err := c.operator.AdjustStock(ctx, &inventoryv1.AdjustStockRequest{RequestId: key, Adjustments: []*inventoryv1.StockAdjustment{{
			Sku: asked.at.sku, NodeId: asked.at.node, Quantity: strconv.FormatInt(asked.quantity, 10), Reason: "COUNT",
			OutflowPolicy: inventoryv1.OutflowPolicy_OUTFLOW_POLICY_AVAILABLE_ONLY,
		}}})
		if err != nil {
			return answer{}, err
		}
		balance := got.GetBalances()[0]
		return answer{onHand: balance.GetOnHand(), reserved: balance.GetReserved()}, nil
	}, func(answer) {}, "NEGATIVE_AVAILABLE")
}

func (c *client) look(ctx context.Context) error {
	asked := step{at: places[c.random.IntN(len(places))], kind: look}
	return c.ask(ctx, asked, func(ctx context.Context) (answer, error) {
		got, err := c.operator.ListBalances(ctx, &inventoryv1.ListBalancesRequest{Skus: []string{asked.at.sku}, NodeIds: []string{asked.at.node}})
		var heard answer
		for _, balance := range got.GetBalances() {
			heard = answer{onHand: balance.GetOnHand(), reserved: balance.GetReserved()}
		}
		return heard, err
	}, func(answer) {})
}
