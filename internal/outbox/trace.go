package outbox

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/observe"
)

// follow makes the span of an event's way from its commit to the broker, in the trace of what it is correlated with, and
// names it in the event, so that who consumes the event goes on from there. Nil: the event's trace is not kept. An event
// that was stored with a span keeps it.
func (r *Relay) follow(event *bus.Event) trace.Span {
	subject := r.options.Tracer.Subject(event.CorrelationID)
	if !subject.IsValid() {
		return nil
	}
	span := r.options.Tracer.Child(subject, "publish "+event.Type,
		trace.WithSpanKind(trace.SpanKindProducer), trace.WithTimestamp(event.RecordedAt),
		trace.WithAttributes(attribute.String("cloudevents.event_id", event.ID), attribute.String("cloudevents.event_type", event.Type)))
	if event.TraceParent == "" {
		event.TraceParent = observe.Format(span.SpanContext())
	}
	return span
}

// tracedAck ends the span of an event when the broker has answered.
type tracedAck struct {
	acknowledgement
	span trace.Span
}

func (a tracedAck) Wait(ctx context.Context) (uint64, error) {
	sequence, err := a.acknowledgement.Wait(ctx)
	if err != nil {
		a.span.SetStatus(codes.Error, err.Error())
	}
	a.span.End()
	return sequence, err
}
