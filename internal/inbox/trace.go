package inbox

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/observe"
)

// follow makes the span of one transaction, for calls and statements under it, and when it ends a span for each event that
// it applied, in the event's own trace. A set that is halved has a span for each try.
func (c *Consumer) follow(ctx context.Context, items []*item) (context.Context, func([]verdict, error)) {
	ctx, end := followSet(ctx, c.options.Tracer, c.sub.Consumer, items)
	return ctx, func(verdicts []verdict, err error) {
		end(func(i int) bool { return i < len(verdicts) && verdicts[i] == apply }, err)
	}
}

// followSet makes the span of a consumer's transaction, and when it ends one for each event that was applied.
func followSet(
	ctx context.Context, tracer *observe.Tracer, consumer string, items []*item,
) (context.Context, func(applied func(i int) bool, err error)) {
	if tracer == nil {
		return ctx, func(func(int) bool, error) {}
	}
	began := time.Now()
	parents := make([]trace.SpanContext, len(items))
	for i, it := range items {
		if parent := observe.Parse(it.event.TraceParent); parent.IsSampled() {
			parents[i] = parent
		}
	}
	ctx, set := tracer.Set(ctx, "consume set "+consumer, parents, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithTimestamp(began), trace.WithAttributes(attribute.Int("waybill.events", len(items))))
	return ctx, func(applied func(int) bool, err error) {
		if err != nil {
			set.SetStatus(codes.Error, err.Error())
		}
		set.End()
		for i, it := range items {
			if err != nil || !parents[i].IsValid() || !applied(i) {
				continue
			}
			event := it.event
			span := tracer.Child(parents[i], "consume "+consumer, append(observe.LinkTo(set.SpanContext()),
				trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(began), trace.WithAttributes(
					attribute.String("cloudevents.event_id", event.ID), attribute.String("cloudevents.event_type", event.Type),
				))...)
			span.End()
		}
	}
}
