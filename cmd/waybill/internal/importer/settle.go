package importer

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/internal/money"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

const (
	followPoll = 250 * time.Millisecond
	// stuckAfter is how long nothing may move before following ends with a complaint.
	stuckAfter = 2 * time.Minute
)

func (r *run) filter() *orderv1.OrderFilter {
	return &orderv1.OrderFilter{PartnerId: r.options.Mapping.Partner, Channel: r.options.Mapping.Channel}
}

func (r *run) count(ctx context.Context) (*orderv1.CountOrdersResponse, error) {
	counted, err := r.target.Order.CountOrders(ctx, &orderv1.CountOrdersRequest{Filter: r.filter()})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	return counted, nil
}

// follow waits until nothing of the imported orders moves any more: shipped and invoiced, or waiting for stock.
func (r *run) follow(ctx context.Context) error {
	start := time.Now()
	defer func() { r.report.FollowTook = time.Since(start) }()
	counted, err := r.count(ctx)
	if err != nil {
		return err
	}
	left, leftSince := counted.GetMoving(), time.Now()
	r.options.Progress.Start("orders to the invoice", int(left))
	defer r.options.Progress.Finish()
	return poll(ctx, followPoll, "orders do not come to rest", func() (bool, error) {
		counted, err := r.count(ctx)
		if err != nil {
			return false, err
		}
		if moving := counted.GetMoving(); moving != left {
			r.options.Progress.Add(int(left - moving))
			left, leftSince = moving, time.Now()
		}
		if time.Since(leftSince) > stuckAfter {
			return false, fmt.Errorf("%d orders have not moved for %s", left, stuckAfter)
		}
		return left == 0, nil
	})
}

// settle reads the file's orders and their invoices back, and compares both and the credit memos, customer by customer. What is invoiced is the sum of the invoices; what is open or
// cancelled follows from the quantities of the orders' lines; the two come from different services.
func (r *run) settle(ctx context.Context) error {
	wanted := make(map[string]bool, len(r.plan.documents[ordered]))
	for _, o := range r.plan.documents[ordered] {
		wanted[o.number] = true
	}
	r.options.Progress.Start("orders and invoices read back", 2*len(wanted))
	defer r.options.Progress.Finish()
	if err := r.readOrders(ctx, wanted); err != nil {
		return err
	}
	if err := r.readInvoices(ctx, wanted); err != nil {
		return err
	}
	r.compare()
	return nil
}

func (r *run) readInvoices(ctx context.Context, wanted map[string]bool) error {
	token := ""
	for {
		page := &billingv1.ListInvoicesResponse{}
		query := url.Values{"pageSize": {"200"}, "pageToken": {token}}
		if err := r.target.REST.Get(ctx, "/v1/invoices?"+query.Encode(), page); err != nil {
			return fmt.Errorf("read invoices back: %w", err)
		}
		for _, invoice := range page.GetInvoices() {
			ours := invoice.GetPartnerId() == r.options.Mapping.Partner && wanted[invoice.GetExternalOrderId()]
			if ours && invoice.GetState() != billingv1.InvoiceState_INVOICE_STATE_TAX_PENDING {
				r.sums(invoice.GetAccountId()).invoiced += invoice.GetNetTotal().GetMinorUnits()
				r.options.Progress.Add(1)
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

func (r *run) readOrders(ctx context.Context, wanted map[string]bool) error {
	token := ""
	for {
		page := &orderv1.ListOrdersResponse{}
		query := url.Values{"pageSize": {"200"}, "filter.partnerId": {r.options.Mapping.Partner},
			"filter.channel": {r.options.Mapping.Channel}, "pageToken": {token}}
		if err := r.target.REST.Get(ctx, "/v1/orders?"+query.Encode(), page); err != nil {
			return fmt.Errorf("read orders back: %w", err)
		}
		for _, o := range page.GetOrders() {
			r.report.OrdersAfter++
			if !wanted[o.GetExternalOrderId()] {
				continue
			}
			if err := r.addUp(o); err != nil {
				return fmt.Errorf("order %s: %w", o.GetOrderId(), err)
			}
			r.options.Progress.Add(1)
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

func (r *run) addUp(o *orderv1.Order) error {
	sums := r.sums(o.GetAccountId())
	for _, l := range o.GetLines() {
		price, err := money.ParsePrice(l.GetUnitPrice())
		if err != nil {
			return err
		}
		invoiced, err := amount(price, l.GetInvoiced(), r.report.Currency)
		if err != nil {
			return err
		}
		uncancelled, err := amount(price, difference(l.GetOrdered(), l.GetCancelled()), r.report.Currency)
		if err != nil {
			return err
		}
		sums.cancelled += l.GetNetAmount().GetMinorUnits() - uncancelled
		sums.open += uncancelled - invoiced
	}
	return nil
}

// amount is what a quantity of whole base units costs; imported items are counted in whole pieces.
func amount(price money.Price, quantity, currency string) (int64, error) {
	base, err := strconv.ParseInt(quantity, 10, 64)
	if err != nil {
		return 0, err
	}
	return money.Extend(price, base, 0, currency, money.HalfUp)
}

func difference(a, b string) string {
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return strconv.FormatInt(x-y, 10)
}
