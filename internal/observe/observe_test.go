package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/observe"
)

func tracer(t *testing.T, sample float64) (*observe.Tracer, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	made, err := observe.NewTracer(t.Context(), observe.Config{Exporter: spans, Sample: sample})
	if err != nil {
		t.Fatal(err)
	}
	return made, spans
}

// Two processes that know nothing but the name are in one trace.
func TestSubjectIsTheSameEverywhere(t *testing.T) {
	one, first := tracer(t, 1)
	other, second := tracer(t, 1)
	one.Begin("ord_1", "order received", time.Now())
	other.Child(other.Subject("ord_1"), "step credit").End()
	root, child := first.GetSpans()[0], second.GetSpans()[0]
	if child.SpanContext.TraceID() != root.SpanContext.TraceID() || child.Parent.SpanID() != root.SpanContext.SpanID() {
		t.Errorf("the child is in %v under %v, the first span is %v", child.SpanContext.TraceID(), child.Parent.SpanID(), root.SpanContext)
	}
	if root.Parent.IsValid() {
		t.Errorf("the first span has the parent %v", root.Parent)
	}
	if one.Subject("ord_2").TraceID() == root.SpanContext.TraceID() {
		t.Error("two subjects share a trace")
	}
}

// A trace is kept whole or not at all, by whoever decides; and about the share that was asked for is kept.
func TestSamplingIsOneDecision(t *testing.T) {
	one, spans := tracer(t, 0.3)
	other, _ := tracer(t, 0.3)
	kept := 0
	for i := range 2000 {
		name := fmt.Sprint("ord_", i)
		if one.Subject(name).IsValid() != other.Subject(name).IsValid() {
			t.Fatalf("%s is kept by one only", name)
		}
		if one.Subject(name).IsValid() {
			kept++
		}
		one.Begin(name, "order received", time.Now())
		one.Child(one.Subject(name), "step").End()
	}
	if kept < 500 || kept > 700 {
		t.Errorf("%d of 2000 are kept, want about 600", kept)
	}
	if got := len(spans.GetSpans()); got != 2*kept {
		t.Errorf("%d spans of %d kept traces, want two each", got, kept)
	}
}

func TestSetLinksToItsMembers(t *testing.T) {
	one, spans := tracer(t, 0)
	ctx, span := one.Set(t.Context(), "set", []trace.SpanContext{{}, {}})
	if span.IsRecording() || ctx != t.Context() {
		t.Error("a set without members that are kept has a span")
	}
	member := observe.Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	_, span = one.Set(t.Context(), "set", []trace.SpanContext{{}, member})
	span.End()
	made := spans.GetSpans()
	if len(made) != 1 || len(made[0].Links) != 1 || !made[0].Links[0].SpanContext.Equal(member.WithRemote(true)) {
		t.Fatalf("spans: %+v, want one with a link to %v", made, member)
	}
	if made[0].SpanContext.TraceID() == member.TraceID() {
		t.Error("the set is in its member's trace")
	}
}

func TestHeadersComeBack(t *testing.T) {
	const header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if got := observe.Format(observe.Parse(header)); got != header {
		t.Errorf("%s came back as %s", header, got)
	}
	for _, bad := range []string{"", "x", "00-00000000000000000000000000000000-b7ad6b7169203331-01"} {
		if observe.Parse(bad).IsValid() || observe.Format(observe.Parse(bad)) != "" {
			t.Errorf("%q is read as a span", bad)
		}
	}
}

// Nothing is made without a tracer, and nothing breaks.
func TestNoTracer(t *testing.T) {
	none, err := observe.NewTracer(t.Context(), observe.Config{Sample: 1})
	if none != nil || err != nil {
		t.Fatalf("got %v, %v for a configuration that names no place", none, err)
	}
	none.Begin("ord_1", "order received", time.Now())
	none.Child(none.Subject("ord_1"), "step").End()
	if ctx, _ := none.Set(t.Context(), "set", make([]trace.SpanContext, 3)); ctx != t.Context() {
		t.Error("the context changed")
	}
	if err := none.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := observe.NewTracer(t.Context(), observe.Config{File: filepath.Join(t.TempDir(), "t"), Sample: 2}); err == nil {
		t.Error("a share of 2 is taken")
	}
}

func BenchmarkNoTracer(b *testing.B) {
	var none *observe.Tracer
	ctx, members := b.Context(), make([]trace.SpanContext, 0)
	b.ReportAllocs()
	for b.Loop() {
		if none.Subject("ord_0198c3a1").IsValid() {
			b.Fatal("made")
		}
		none.Set(ctx, "set", members)
	}
}

// Lines say what they are about, inner words before outer ones.
func TestLinesCarryIDs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(observe.Handler(slog.NewJSONHandler(&out, nil))).With("role", "order")
	ctx := observe.About(t.Context(), observe.These{slog.String("request_id", "r1"), slog.String("order_id", "outer")})
	ctx = observe.About(ctx, observe.These{slog.String("order_id", "inner"), slog.String("event_id", "evt")})
	ctx = trace.ContextWithSpanContext(ctx, observe.Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
	log.InfoContext(ctx, "said", "event_id", "own")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"request_id": "r1", "order_id": "inner", "event_id": "own", "role": "order",
		"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %s", key, line[key], want)
		}
	}
	out.Reset()
	log.InfoContext(context.Background(), "said")
	if bytes.Contains(out.Bytes(), []byte("_id")) {
		t.Errorf("a line about nothing has ids: %s", out.Bytes())
	}
}

// What a drain asks about a set stands in each subject's trace, once, with a link to the call and what came of it. What is asked within a
// call stands under that call.
func TestAskedInEachTrace(t *testing.T) {
	made, spans := tracer(t, 1)
	itself := func(name string) string { return name }
	ctx, end := observe.Ask(t.Context(), made, "tax", []string{"ord_1", "", "ord_2", "ord_1"}, itself)
	call := trace.SpanContextFromContext(ctx)
	within, endWithin := observe.Ask(ctx, made, "payment", []string{"ord_1"}, itself)
	if endWithin(nil); !trace.SpanContextFromContext(within).Equal(call) {
		t.Error("a call within another one has a span of its own")
	}
	end(errors.New("away"))
	members := map[trace.TraceID]int{}
	for _, span := range spans.GetSpans() {
		if span.Status.Description != "away" {
			t.Errorf("%s: %v", span.Name, span.Status)
		}
		if span.Name == "ask set tax" {
			if span.SpanContext.SpanID() != call.SpanID() || len(span.Links) != 2 {
				t.Errorf("the set: %v with %d links", span.SpanContext, len(span.Links))
			}
			continue
		}
		members[span.SpanContext.TraceID()]++
		if span.Name != "ask tax" || len(span.Links) != 1 || span.Links[0].SpanContext.SpanID() != call.SpanID() {
			t.Errorf("a member: %s with links %v", span.Name, span.Links)
		}
	}
	for _, name := range []string{"ord_1", "ord_2"} {
		if members[made.Subject(name).TraceID()] != 1 {
			t.Errorf("%s: %d spans", name, members[made.Subject(name).TraceID()])
		}
	}
	if len(spans.GetSpans()) != 3 {
		t.Errorf("%d spans", len(spans.GetSpans()))
	}
	quiet, end := observe.Ask(t.Context(), nil, "tax", []string{"ord_1"}, itself)
	if end(nil); quiet != t.Context() {
		t.Error("without a tracer something is made")
	}
}
