package main

import "github.com/waybill-dev/waybill/internal/observe"

// traceOption says where spans go. Without an address and a file: nowhere, at no cost.
type traceOption struct {
	Endpoint string  `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Send traces to this collector, over OTLP/HTTP (http://host:4318). Headers and certificates: the other OTEL_EXPORTER_OTLP_ variables."`
	File     string  `name:"trace-file" env:"WAYBILL_TRACE_FILE" type:"path" help:"Add traces to this file, one span as JSON a line."`
	Sample   float64 `name:"trace-sample" env:"WAYBILL_TRACE_SAMPLE" default:"0.1" help:"The share of orders, and of calls, whose traces are kept: 0 to 1, the same in every process."`
}

func (o traceOption) config() observe.Config {
	return observe.Config{Endpoint: o.Endpoint, File: o.File, Sample: o.Sample}
}
