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

// submit sends every order once more than it takes: a repeat has no effect.
func (r *run) submit(ctx context.Context) error {
	start := time.Now()
	defer func() { r.report.SubmitTook = time.Since(start) }()
	before, err := r.count(ctx)
	if err != nil {
		return err
	}
	for _, counted := range before.GetCounts() {
		r.report.OrdersBefore += counted.GetOrders()
	}
	return r.send(ctx, ordered, "order lines", func(ctx context.Context, o *document) error {
		return r.target.REST.Post(ctx, "/v1/orders", r.order(o), &orderv1.SubmitOrderResponse{})
	}, func(o *document) {
		r.report.OrderLines += len(o.lines)
		r.sums(o.account).ordered += o.netMinor
	})
}

// send gives every document of a kind to post, several at once. A document that is refused goes to the rejects; one that
// is taken is told to taken, one at a time.
func (r *run) send(
	ctx context.Context, of kind, what string, post func(context.Context, *document) error, taken func(*document),
) error {
	r.options.Progress.Start(what, r.plan.lines(of))
	defer r.options.Progress.Finish()
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Concurrency)
	for _, d := range r.plan.documents[of] {
		group.Go(func() error {
			err := post(ctx, d)
			problem, refused := errors.AsType[*restclient.ProblemError](err)
			if err != nil && (!refused || problem.Status >= 500) {
				return fmt.Errorf("%s of %s: %w", what, d.number, err)
			}
			mu.Lock()
			defer mu.Unlock()
			r.options.Progress.Add(len(d.lines))
			if refused {
				r.report.refuse(of)
				r.rejects = append(r.rejects, refusedRows(d, problem, r.options.Mapping.Columns.OrderNumber)...)
				return nil
			}
			taken(d)
			return nil
		})
	}
	return group.Wait()
}

// refuse counts a document that was refused whole.
func (r *Report) refuse(of kind) {
	switch of {
	case ordered:
		r.RejectedOrders++
	case credited:
		r.RejectedCreditNotes++
	case writtenOff:
		r.RejectedWriteOffs++
	}
}

func (p *plan) lines(of kind) int {
	lines := 0
	for _, d := range p.documents[of] {
		lines += len(d.lines)
	}
	return lines
}

func (r *run) order(o *document) *orderv1.SubmitOrderRequest {
	request := &orderv1.SubmitOrderRequest{
		RequestId: "import-" + o.number, PartnerId: r.options.Mapping.Partner, Channel: r.options.Mapping.Channel,
		ExternalOrderId: o.number, AccountId: o.account, CurrencyCode: r.options.Mapping.Currency,
		FulfillmentPolicy: orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_SHIP_PARTIAL, Wait: durationpb.New(0),
	}
	if !o.at.IsZero() {
		request.OrderedAt = timestamppb.New(o.at)
	}
	for _, l := range o.lines {
		request.Lines = append(request.Lines, &orderv1.SubmitOrderLine{
			ExternalLineId: strconv.Itoa(l.row), Sku: l.sku, UnitPrice: l.price.String(),
			Quantity: &commonv1.Quantity{Value: strconv.FormatInt(l.quantity, 10)},
		})
	}
	return request
}

var linePath = regexp.MustCompile(`^(?:lines|adjustments)\[(\d+)\]`)

// refusedRows names every row of a refused document: those at fault with their field, the others with the order.
func refusedRows(d *document, problem *restclient.ProblemError, orderColumn string) []Reject {
	atFault := map[int]Reject{}
	for _, field := range problem.Errors {
		found := linePath.FindStringSubmatch(field.Path)
		if found == nil {
			continue
		}
		if i, err := strconv.Atoi(found[1]); err == nil && i < len(d.lines) {
			atFault[i] = Reject{Row: d.lines[i].row, Field: field.Path, Reason: field.Reason, Message: field.Message}
		}
	}
	rejects := make([]Reject, 0, len(d.lines))
	for i, l := range d.lines {
		reject, ok := atFault[i]
		switch {
		case ok:
		case len(atFault) > 0:
			reject = Reject{Row: l.row, Field: orderColumn, Reason: "ORDER_REFUSED", Message: "another row of its number is wrong"}
		default:
			reject = Reject{Row: l.row, Field: orderColumn, Reason: problem.Reason, Message: problem.Detail}
		}
		rejects = append(rejects, reject)
	}
	return rejects
}
