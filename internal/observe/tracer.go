package observe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where spans go. The zero value sends them nowhere: tracing is off.
type Config struct {
	// Endpoint is an OTLP collector over HTTP, such as "http://127.0.0.1:4318". Headers and certificates are taken from
	// the environment, as OpenTelemetry names them: OTEL_EXPORTER_OTLP_HEADERS and so on.
	Endpoint string
	// File is a file to which spans are added, one JSON object a line, for people without a collector.
	File string
	// Exporter takes the spans too, at once: for tests.
	Exporter sdktrace.SpanExporter
	// Sample is the share of traces that is kept, from 0 to 1. Every process of a mesh must have the same.
	Sample float64
	// Service is the name under which the process appears.
	Service string
}

// Tracer makes spans. A nil Tracer makes none. Safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	ratio    sdktrace.Sampler
	file     *os.File
}

// NewTracer makes a tracer, or none when config names nowhere to send spans. Close it to send the last ones. A collector
// that does not answer is no error: its spans are dropped.
func NewTracer(ctx context.Context, config Config) (*Tracer, error) {
	if config.Endpoint == "" && config.File == "" && config.Exporter == nil {
		return nil, nil
	}
	if config.Sample < 0 || config.Sample > 1 {
		return nil, fmt.Errorf("traces: the sampled share is %v, not between 0 and 1", config.Sample)
	}
	t := &Tracer{ratio: sdktrace.TraceIDRatioBased(config.Sample)}
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithSampler(sampler{t.ratio}),
		sdktrace.WithIDGenerator(generator{}),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", config.Service))),
	}
	if config.Endpoint != "" {
		exporter, err := otlptracehttp.New(ctx,
			otlptracehttp.WithEndpointURL(strings.TrimRight(config.Endpoint, "/")+"/v1/traces"))
		if err != nil {
			return nil, fmt.Errorf("traces to %s: %w", config.Endpoint, err)
		}
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	if config.File != "" {
		file, err := os.OpenFile(config.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		exporter, err := stdouttrace.New(stdouttrace.WithWriter(file))
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		t.file = file
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	if config.Exporter != nil {
		options = append(options, sdktrace.WithSyncer(config.Exporter))
	}
	t.provider = sdktrace.NewTracerProvider(options...)
	t.tracer = t.provider.Tracer("github.com/waybill-dev/waybill")
	return t, nil
}

// Close sends what is not sent yet, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	err := t.provider.Shutdown(ctx)
	if t.file != nil {
		err = errors.Join(err, t.file.Close())
	}
	return err
}

// Provider is for instrumentation of others.
func (t *Tracer) Provider() trace.TracerProvider { return t.provider }

// sampler keeps what its parent keeps, a set of which a member is kept, and a share of all other traces by their ids.
type sampler struct{ ratio sdktrace.Sampler }

func (s sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	if parent.IsValid() {
		return decision(parent.IsSampled())
	}
	for _, link := range p.Links {
		if link.SpanContext.IsSampled() {
			return decision(true)
		}
	}
	return s.ratio.ShouldSample(p)
}

func decision(sampled bool) sdktrace.SamplingResult {
	if sampled {
		return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
	}
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}

func (s sampler) Description() string { return "parent, members, or " + s.ratio.Description() }
