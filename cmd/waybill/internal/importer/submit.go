package importer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/restclient"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// submit sends every order once more than it takes: a repeat has no effect. What is refused goes to the rejects.
func (r *run) submit(ctx context.Context) error {
	start := time.Now()
	before, err := r.count(ctx)
	if err != nil {
		return err
	}
	for _, counted := range before.GetCounts() {
		r.report.OrdersBefore += counted.GetOrders()
	}
	r.options.Progress.Start("order lines", r.plannedLines())
	defer r.options.Progress.Finish()
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Concurrency)
	for _, o := range r.plan.orders {
		group.Go(func() error {
			err := r.target.REST.Post(ctx, "/v1/orders", r.request(o), &orderv1.SubmitOrderResponse{})
			problem, refused := errors.AsType[*restclient.ProblemError](err)
			if err != nil && (!refused || problem.Status >= 500) {
				return fmt.Errorf("submit order %s: %w", o.number, err)
			}
			mu.Lock()
			defer mu.Unlock()
			r.options.Progress.Add(len(o.lines))
			if refused {
				r.report.RejectedOrders++
				r.rejects = append(r.rejects, refusedRows(o, problem, r.options.Mapping.Columns.OrderNumber)...)
				return nil
			}
			r.report.ExpectedMinor += o.netMinor
			return nil
		})
	}
	err = group.Wait()
	r.report.SubmitTook = time.Since(start)
	return err
}

func (r *run) plannedLines() int {
	lines := 0
	for _, o := range r.plan.orders {
		lines += len(o.lines)
	}
	return lines
}

func (r *run) request(o *order) *orderv1.SubmitOrderRequest {
	request := &orderv1.SubmitOrderRequest{
		RequestId: "import-" + o.number, PartnerId: r.options.Mapping.Partner, Channel: r.options.Mapping.Channel,
		ExternalOrderId: o.number, AccountId: o.account, CurrencyCode: r.options.Mapping.Currency,
		FulfillmentPolicy: orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_PARTIAL, Wait: durationpb.New(0),
	}
	if !o.orderedAt.IsZero() {
		request.OrderedAt = timestamppb.New(o.orderedAt)
	}
	for _, l := range o.lines {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			ExternalLineId: strconv.Itoa(l.row), Sku: l.sku, UnitPrice: l.price.String(),
			Quantity: &commonv1.Quantity{Value: strconv.FormatInt(l.quantity, 10)},
		})
	}
	return request
}

var linePath = regexp.MustCompile(`^lines\[(\d+)\]`)

// refusedRows names every row of a refused order: those at fault with their field, the others with the order.
func refusedRows(o *order, problem *restclient.ProblemError, orderColumn string) []Reject {
	atFault := map[int]Reject{}
	for _, field := range problem.Errors {
		found := linePath.FindStringSubmatch(field.Path)
		if found == nil {
			continue
		}
		if i, err := strconv.Atoi(found[1]); err == nil && i < len(o.lines) {
			atFault[i] = Reject{Row: o.lines[i].row, Field: field.Path, Reason: field.Reason, Message: field.Message}
		}
	}
	rejects := make([]Reject, 0, len(o.lines))
	for i, l := range o.lines {
		reject, ok := atFault[i]
		switch {
		case ok:
		case len(atFault) > 0:
			reject = Reject{Row: l.row, Field: orderColumn, Reason: "ORDER_REFUSED", Message: "another row of its order is wrong"}
		default:
			reject = Reject{Row: l.row, Field: orderColumn, Reason: problem.Reason, Message: problem.Detail}
		}
		rejects = append(rejects, reject)
	}
	return rejects
}
