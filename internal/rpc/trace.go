package rpc

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/observe"
)

// traceOptions are those of both sides. Health says nothing about anybody's work, and metrics are Prometheus's business.
func traceOptions(tracer *observe.Tracer) []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(tracer.Provider()),
		otelgrpc.WithPropagators(observe.Propagator()),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithFilter(filters.Not(filters.HealthCheck())),
	}
}

// traceServer is nothing without a tracer: a call then runs the code that it would run if there were no tracing.
func traceServer(tracer *observe.Tracer) []grpc.ServerOption {
	if tracer == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(traceOptions(tracer)...))}
}

func traceClient(tracer *observe.Tracer) []grpc.DialOption {
	if tracer == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(traceOptions(tracer)...))}
}

// nameReason writes on a call's span why it failed.
func nameReason(ctx context.Context, reason string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.String("waybill.reason", reason))
	}
}

// maxLoggedID bounds what a caller's id takes of a line.
const maxLoggedID = 128

// asked is a request, for the lines about it.
type asked struct {
	method  *method
	request any
}

// LogIDs are the request's own ids: of itself, and of what it is about.
func (a asked) LogIDs() []slog.Attr {
	message, ok := a.request.(proto.Message)
	if !ok {
		return nil
	}
	var attrs []slog.Attr
	for _, field := range a.method.ids {
		value := message.ProtoReflect().Get(field).String()
		if value != "" {
			attrs = append(attrs, slog.String(string(field.Name()), value[:min(len(value), maxLoggedID)]))
		}
	}
	return attrs
}

// idFields are the fields that name something by its id.
func idFields(request protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	var found []protoreflect.FieldDescriptor
	fields := request.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		named := field.Kind() == protoreflect.StringKind && !field.IsList()
		if named && strings.HasSuffix(string(field.Name()), "_id") {
			found = append(found, field)
		}
	}
	return found
}
