package process

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/observe"
)

// maxNamed bounds the orders that a line in the log names.
const maxNamed = 20

// follow makes the span of a set's call, and when it ends one for each order's step, in the order's own trace.
func (d *Driver) follow(ctx context.Context, action Action, calls []Call) (context.Context, func(error)) {
	if d.tracer == nil {
		return ctx, func(error) {}
	}
	began := time.Now()
	orders := make([]trace.SpanContext, len(calls))
	for i, call := range calls {
		orders[i] = d.tracer.Subject(id.Format(id.Order, call.Work.Process.OrderID))
	}
	ctx, set := d.tracer.Set(ctx, "call set "+string(action), orders, trace.WithTimestamp(began),
		trace.WithAttributes(attribute.Int("waybill.calls", len(calls))))
	return ctx, func(err error) {
		if err != nil {
			set.SetStatus(codes.Error, err.Error())
		}
		set.End()
		for i, call := range calls {
			if orders[i].IsValid() {
				d.followStep(orders[i], call, began, set.SpanContext(), err)
			}
		}
	}
}

// followStep makes the span of one order's step.
func (d *Driver) followStep(order trace.SpanContext, call Call, began time.Time, set trace.SpanContext, err error) {
	p, step := call.Work.Process, call.Step
	name := "step " + string(p.Kind) + "/" + string(step.Name)
	if step.State == Undoing {
		name += " undo"
	}
	span := d.tracer.Child(order, name, append(observe.LinkTo(set), trace.WithTimestamp(began), trace.WithAttributes(
		attribute.String("waybill.process_id", id.Format(id.Process, p.ID)),
		attribute.Int("waybill.round", step.Round), attribute.Int("waybill.attempt", step.Attempt),
	))...)
	switch no := refusal(step); {
	case err != nil:
		span.SetStatus(codes.Error, err.Error())
	case no != nil:
		span.SetAttributes(attribute.String("waybill.refusal", no.Reason))
	}
	span.End()
}

// ordersOf are the orders of works, for a line in the log.
func ordersOf(set []*Work) []string {
	calls := make([]Call, len(set))
	for i, w := range set {
		calls[i].Work = w
	}
	return orderIDs(calls)
}

// orderIDs are the orders of a set, for a line in the log.
func orderIDs(calls []Call) []string {
	ids := make([]string, 0, min(len(calls), maxNamed))
	for _, call := range calls[:min(len(calls), maxNamed)] {
		ids = append(ids, id.Format(id.Order, call.Work.Process.OrderID))
	}
	return ids
}
