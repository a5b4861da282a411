package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// Report is what the day came to.
type Report struct {
	Lines, Held, Released, CancelRequests, Backordered int
	// Cancelled are orders with a cancelled line, SeveralPlaces those that more than one place served, Filled those that
	// had waited for stock and were shipped in full.
	Cancelled, SeveralPlaces, Filled, Rejected int
	// ShortPicks is filled in by the caller, who sees the warehouses' side.
	ShortPicks       int64
	SubmitTook, Took time.Duration

	masters    flow
	statuses   map[string]int
	byStory    map[story]int
	acceptance []time.Duration
	freshness  []time.Duration
	cycle      []time.Duration
}

// readBack reads every order as a partner would.
func (d *day) readBack(ctx context.Context) error {
	d.progress.Start("orders read back", d.options.Orders)
	defer d.progress.Finish()
	d.report.statuses = map[string]int{}
	token := ""
	for {
		page := &orderv1.ListOrdersResponse{}
		query := url.Values{"pageSize": {"200"}, "filter.partnerId": {"DEMO"}, "pageToken": {token}}
		if err := d.waybill.REST.Get(ctx, "/v1/orders?"+query.Encode(), page); err != nil {
			return fmt.Errorf("read orders back: %w", err)
		}
		for _, order := range page.GetOrders() {
			d.report.add(order)
			d.progress.Add(1)
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

func (r *Report) add(order *orderv1.Order) {
	r.statuses[strings.TrimPrefix(order.GetStatus().String(), "ORDER_STATUS_")]++
	if order.GetCompletedAt() != nil && order.GetAcceptedAt() != nil {
		r.cycle = append(r.cycle, order.GetCompletedAt().AsTime().Sub(order.GetReceivedAt().AsTime()))
	}
	if order.GetState() == orderv1.OrderState_ORDER_STATE_REJECTED {
		r.Rejected++
		return
	}
	places := map[string]bool{}
	cancelled, scarceShipped := false, false
	for _, l := range order.GetLines() {
		cancelled = cancelled || l.GetCancelled() != "0"
		scarceShipped = scarceShipped || l.GetShipped() == l.GetOrdered() && l.GetSku() >= sku(items-scarceItems)
		for _, allocation := range l.GetAllocations() {
			if allocation.GetShipped() != "0" {
				places[allocation.GetNodeId()] = true
			}
		}
	}
	if cancelled {
		r.Cancelled++
	}
	if scarceShipped {
		r.Filled++
	}
	if len(places) > 1 {
		r.SeveralPlaces++
	}
}

// Print writes the report.
func (r Report) Print(out io.Writer) {
	fmt.Fprintf(out, "\nMaster data\n  %s\n", r.masters)
	fmt.Fprintln(out, "\nOrders by status")
	var rows [][]string
	for status, n := range r.statuses {
		rows = append(rows, []string{status, fmt.Sprint(n)})
	}
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	console.Table(out, rows...)
	fmt.Fprintln(out, "\nWhat happened")
	rows = nil
	for _, one := range r.happenings() {
		rows = append(rows, []string{one.what, fmt.Sprint(one.times)})
	}
	console.Table(out, rows...)
	fmt.Fprintln(out, "\nHow fast")
	console.Table(out,
		[]string{"acceptance, REST to ACCEPTED", "p50 " + percentile(r.acceptance, 50), "p99 " + percentile(r.acceptance, 99)},
		[]string{"order cycle time, received to invoiced", "p50 " + percentile(r.cycle, 50), "p99 " + percentile(r.cycle, 99)},
		[]string{"availability, commit to seen", "p50 " + percentile(r.freshness, 50), "p99 " + percentile(r.freshness, 99)},
		[]string{"order lines accepted", fmt.Sprint(r.Lines), fmt.Sprintf("%.0f/s", float64(r.Lines)/r.SubmitTook.Seconds())},
		[]string{"order lines, opening stock to last invoice", "", fmt.Sprintf("%.0f/s", float64(r.Lines)/r.Took.Seconds())},
	)
}

type happening struct {
	what  string
	times int
}

// happenings are what the day is made to contain.
func (r Report) happenings() []happening {
	return []happening{
		{"held for credit", r.Held}, {"  of these released by a person", r.Released},
		{"asked to be cancelled", r.CancelRequests}, {"cancelled, whole or in part", r.Cancelled},
		{"rejected: everything now or nothing", r.Rejected}, {"had to wait for stock", r.Backordered},
		{"  shipped in full after stock arrived", r.Filled}, {"served by several places", r.SeveralPlaces},
		{"lines that a warehouse picked short", int(r.ShortPicks)},
	}
}

// Complete fails when something that the day is made to contain did not happen.
func (r Report) Complete() error {
	var missing []error
	for _, one := range r.happenings() {
		if one.times == 0 {
			missing = append(missing, fmt.Errorf("never happened: %s", strings.TrimSpace(one.what)))
		}
	}
	return errors.Join(missing...)
}

// percentile is the nearest rank, rounded for reading.
func percentile(durations []time.Duration, p int) string {
	if len(durations) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(durations))
	at := sorted[min(len(sorted)-1, (len(sorted)*p+99)/100-1)]
	if at < 10*time.Millisecond {
		return at.Round(10 * time.Microsecond).String()
	}
	return at.Round(time.Millisecond).String()
}
