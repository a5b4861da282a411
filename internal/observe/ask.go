package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Ask makes the span of a call by which a drain tells or asks an outside system about a set, and when it ends one for each of its subjects,
// once, in the subject's own trace. A call that is made within another one stands under that already, and nothing is made.
func Ask[T any](ctx context.Context, t *Tracer, system string, set []T, subject func(T) string) (context.Context, func(error)) {
	if t == nil || trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	began, seen := time.Now(), map[string]bool{}
	var subjects []trace.SpanContext
	for _, one := range set {
		name := subject(one)
		if kept := t.Subject(name); kept.IsValid() && !seen[name] {
			seen[name], subjects = true, append(subjects, kept)
		}
	}
	ctx, span := t.Set(ctx, "ask set "+system, subjects, trace.WithTimestamp(began), trace.WithAttributes(attribute.Int("waybill.asked", len(set))))
	return ctx, func(err error) {
		fail(span, err)
		span.End()
		for _, one := range subjects {
			asked := t.Child(one, "ask "+system, append(LinkTo(span.SpanContext()), trace.WithTimestamp(began))...)
			fail(asked, err)
			asked.End()
		}
	}
}

func fail(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
}
