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
	tracer := c.options.Tracer
	if tracer == nil {
		return ctx, func([]verdict, error) {}
	}
	began := time.Now()
	parents := make([]trace.SpanContext, len(items))
	for i, it := range items {
		if parent := observe.Parse(it.event.TraceParent); parent.IsSampled() {
			parents[i] = parent
		}
	}
	ctx, set := tracer.Set(ctx, "consume set "+c.sub.Consumer, parents, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithTimestamp(began), trace.WithAttributes(attribute.Int("waybill.events", len(items))))
	return ctx, func(verdicts []verdict, err error) {
		if err != nil {
			set.SetStatus(codes.Error, err.Error())
		}
		set.End()
		for i, verdict := range verdicts {
			if err != nil || verdict != apply || !parents[i].IsValid() {
				continue
			}
			event := items[i].event
			span := tracer.Child(parents[i], "consume "+c.sub.Consumer, append(observe.LinkTo(set.SpanContext()),
				trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(began), trace.WithAttributes(
					attribute.String("cloudevents.event_id", event.ID), attribute.String("cloudevents.event_type", event.Type),
				))...)
			span.End()
		}
	}
}
