package observe

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Subject is the first span of a subject's trace, and the parent of the others. Where the trace is not kept, and without a
// tracer, it is not valid, and no spans are to be made.
func (t *Tracer) Subject(name string) trace.SpanContext {
	if t == nil || name == "" {
		return trace.SpanContext{}
	}
	ids := idsOf(name)
	kept := t.ratio.ShouldSample(sdktrace.SamplingParameters{TraceID: ids.trace}).Decision == sdktrace.RecordAndSample
	if !kept {
		return trace.SpanContext{}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: ids.trace, SpanID: ids.span, TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

// Begin makes the first span of a subject's trace, from began to now. It is to be made once in the life of the subject.
func (t *Tracer) Begin(subject, name string, began time.Time, options ...trace.SpanStartOption) {
	if !t.Subject(subject).IsValid() {
		return
	}
	ctx := context.WithValue(context.Background(), fixedKey{}, idsOf(subject))
	_, span := t.tracer.Start(ctx, name, append(options, trace.WithNewRoot(), trace.WithTimestamp(began))...)
	span.End()
}

// Child makes a span under a parent that is valid; under another one it is a span that records nothing.
func (t *Tracer) Child(parent trace.SpanContext, name string, options ...trace.SpanStartOption) trace.Span {
	if t == nil || !parent.IsValid() {
		return nothing
	}
	_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), parent), name, options...)
	return span
}

var nothing = trace.SpanFromContext(context.Background())

// maxLinks bounds the links of a set's span.
const maxLinks = 128

// Set makes the span of a set, in a trace of its own, with a link to each member that is valid. Of a set without such
// members nothing is made: ctx comes back as it was.
func (t *Tracer) Set(
	ctx context.Context, name string, members []trace.SpanContext, options ...trace.SpanStartOption,
) (context.Context, trace.Span) {
	if t == nil {
		return ctx, nothing
	}
	var links []trace.Link
	for _, member := range members {
		if member.IsValid() && member.IsSampled() && len(links) < maxLinks {
			links = append(links, trace.Link{SpanContext: member})
		}
	}
	if len(links) == 0 {
		return ctx, nothing
	}
	return t.tracer.Start(ctx, name, append(options, trace.WithNewRoot(), trace.WithLinks(links...))...)
}

// LinkTo is a link to a span that is kept, as options: none to another one.
func LinkTo(to trace.SpanContext) []trace.SpanStartOption {
	if !to.IsValid() || !to.IsSampled() {
		return nil
	}
	return []trace.SpanStartOption{trace.WithLinks(trace.Link{SpanContext: to})}
}

// ids are a span's and its trace's.
type ids struct {
	trace trace.TraceID
	span  trace.SpanID
}

type fixedKey struct{}

// idsOf are those of the first span of a subject. A hash, because an id of ours has bits that never change, and shares are
// taken by the bits.
func idsOf(subject string) ids {
	sum := sha256.Sum256([]byte(subject))
	var made ids
	copy(made.trace[:], sum[:16])
	copy(made.span[:], sum[16:24])
	return made
}

// generator gives the ids that the context asks for, else random ones.
type generator struct{}

func (generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if fixed, ok := ctx.Value(fixedKey{}).(ids); ok {
		return fixed.trace, fixed.span
	}
	var made ids
	_, _ = rand.Read(made.trace[:]) // it never fails
	return made.trace, newSpanID()
}

func (generator) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return newSpanID() }

func newSpanID() trace.SpanID {
	var made trace.SpanID
	_, _ = rand.Read(made[:]) // it never fails
	return made
}

// Format writes a span for a header or an envelope, as W3C's traceparent; empty when it is not valid.
func Format(span trace.SpanContext) string {
	if !span.IsValid() {
		return ""
	}
	return "00-" + span.TraceID().String() + "-" + span.SpanID().String() + "-" + span.TraceFlags().String()
}

// Parse reads what Format wrote. What it cannot read is no span.
func Parse(header string) trace.SpanContext {
	carried := propagator.Extract(context.Background(), single(header))
	return trace.SpanContextFromContext(carried)
}
