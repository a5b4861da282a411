package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// IDs are what a line in the log is about, worked out when there is a line.
type IDs interface{ LogIDs() []slog.Attr }

type idsKey struct{}

// about is the ids of a context and of those that it came from.
type about struct {
	outer *about
	ids   IDs
}

// About says what lines with this context are about, besides what was said of the context before.
func About(ctx context.Context, ids IDs) context.Context {
	outer, _ := ctx.Value(idsKey{}).(*about)
	return context.WithValue(ctx, idsKey{}, &about{outer: outer, ids: ids})
}

// These are ids that are known already.
type These []slog.Attr

// LogIDs implements IDs.
func (t These) LogIDs() []slog.Attr { return t }

// Handler adds to each line what its context is about, and the ids of its span.
func Handler(next slog.Handler) slog.Handler { return handler{next} }

type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, record slog.Record) error {
	record = record.Clone() // the caller's must not change
	said := map[string]bool{}
	record.Attrs(func(attr slog.Attr) bool {
		said[attr.Key] = true
		return true
	})
	known, _ := ctx.Value(idsKey{}).(*about)
	for ; known != nil; known = known.outer {
		for _, attr := range known.ids.LogIDs() {
			if !said[attr.Key] { // the line knows better, and so does the inner context
				said[attr.Key] = true
				record.AddAttrs(attr)
			}
		}
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
