// Package demo puts a distributor's day through a running Waybill, over the doors that partners and operators use, and
// reports what a person wants to see of it.
package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/access"
	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	// Concurrency is how many orders are submitted at once.
	Concurrency = 16
	// stuckAfter is how long nothing may move before the day ends with a complaint.
	stuckAfter = 90 * time.Second
)

// Options say how long the day is.
type Options struct {
	Orders int
}

// day is one demo under way.
type day struct {
	waybill  *access.Access
	progress *console.Progress
	options  Options

	mu     sync.Mutex
	report Report
}

// Run makes a catalogue, submits the orders, does what people do about some of them, follows all of them until none
// moves, and reports. On a folder where it has run before it goes on where it was: every key is the same again.
func Run(ctx context.Context, waybill *access.Access, progress *console.Progress, options Options) (Report, error) {
	d := &day{waybill: waybill, progress: progress, options: options}
	d.report.byStory = map[story]int{}
	if err := d.makeCatalogue(ctx); err != nil {
		return d.report, err
	}
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	watched := d.watchAvailability(watching)
	start := time.Now()
	for _, step := range []func(context.Context) error{
		d.fillShelves, d.submit, d.stockArrives, d.follow, d.readBack,
	} {
		if err := step(ctx); err != nil {
			return d.report, err
		}
	}
	d.report.Took = time.Since(start)
	stopWatching()
	return d.report, <-watched
}

// submit sends every order and lets its story begin.
func (d *day) submit(ctx context.Context) error {
	start := time.Now()
	orders := planOrders(d.options.Orders, start)
	d.progress.Start("orders", len(orders))
	defer d.progress.Finish()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(Concurrency)
	for _, one := range orders {
		group.Go(func() error {
			err := d.live(ctx, one)
			if err == nil {
				d.progress.Add(1)
			}
			return err
		})
	}
	err := group.Wait()
	d.report.SubmitTook = time.Since(start)
	return err
}

// live submits one order and does what a person would do about it.
func (d *day) live(ctx context.Context, one planned) error {
	start := time.Now()
	reply := &orderv1.SubmitOrderResponse{}
	if err := d.waybill.REST.Post(ctx, "/v1/orders", one.request, reply); err != nil {
		return fmt.Errorf("order %s: %w", one.request.GetExternalOrderId(), err)
	}
	d.took(time.Since(start), one, reply.GetOrder())
	number, order := one.request.GetExternalOrderId(), reply.GetOrder()
	path := "/v1/orders/" + order.GetOrderId()
	switch {
	case one.story == creditHold && order.GetState() == orderv1.OrderState_ORDER_STATE_HELD && order.GetOrderId()[len(order.GetOrderId())-1]%3 != 0:
		d.count(&d.report.Released)
		return d.waybill.REST.Post(ctx, path+":releaseHold", &orderv1.ReleaseHoldRequest{
			RequestId: "demo-release-" + number, Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "the customer has paid in advance",
		}, &orderv1.ReleaseHoldResponse{})
	case one.story == creditHold, one.story == cancelEarly, one.story == cancelLate:
		d.count(&d.report.CancelRequests)
		return d.waybill.REST.Post(ctx, path+":cancel", &orderv1.CancelOrderRequest{
			RequestId: "demo-cancel-" + number, Reason: "the customer changed their mind",
		}, &orderv1.CancelOrderResponse{})
	}
	return nil
}

func (d *day) count(counter *int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*counter++
}

// took notes the answer to a submission.
func (d *day) took(latency time.Duration, one planned, order *orderv1.Order) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report.byStory[one.story]++
	d.report.Lines += len(one.request.GetLines())
	if order.GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED {
		d.report.acceptance = append(d.report.acceptance, latency)
	}
	if order.GetState() == orderv1.OrderState_ORDER_STATE_HELD {
		d.report.Held++
	}
	for _, l := range order.GetLines() {
		if l.GetBackordered() != "0" && l.GetBackordered() != "" {
			d.report.Backordered++
			return
		}
	}
}

// follow waits until no order moves any more.
func (d *day) follow(ctx context.Context) error {
	count := func() (int64, error) {
		counted, err := d.waybill.Order.CountOrders(ctx, &orderv1.CountOrdersRequest{})
		return counted.GetMoving(), err
	}
	left, err := count()
	if err != nil {
		return err
	}
	since := time.Now()
	d.progress.Start("orders to the invoice", int(left))
	defer d.progress.Finish()
	return poll(ctx, "orders come to rest", func() (bool, error) {
		moving, err := count()
		if err != nil {
			return false, err
		}
		if moving != left {
			d.progress.Add(int(left - moving))
			left, since = moving, time.Now()
		}
		if time.Since(since) > stuckAfter {
			return false, fmt.Errorf("%d orders have not moved for %s", left, stuckAfter)
		}
		return left == 0, nil
	})
}
