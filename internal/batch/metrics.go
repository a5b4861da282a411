package batch

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
)

// instruments are one coalescer's metrics, with its name already filled in.
type instruments struct {
	size, wait, seconds              prometheus.Observer
	queued                           prometheus.Gauge
	refused, givenUp, halved, panics prometheus.Counter
}

func newInstruments(config Config) *instruments {
	histogram := func(name, help string, buckets []float64) prometheus.Observer {
		return metric.Register(config.Registerer, prometheus.NewHistogramVec(
			prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"batch"})).
			WithLabelValues(config.Name)
	}
	counter := func(name, help string) prometheus.Counter {
		return metric.Register(config.Registerer, prometheus.NewCounterVec(
			prometheus.CounterOpts{Name: name, Help: help}, []string{"batch"})).WithLabelValues(config.Name)
	}
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_batch_queued", Help: "Requests that were left waiting when the last batch started.",
	}, []string{"batch"})
	fine := prometheus.ExponentialBuckets(0.0001, 2, 17) // 0.1 ms to 6.5 s
	return &instruments{
		size:    histogram("waybill_batch_size", "Requests per batch.", prometheus.ExponentialBuckets(1, 2, 11)),
		wait:    histogram("waybill_batch_wait_seconds", "Time from a request's arrival to the start of its batch.", fine),
		seconds: histogram("waybill_batch_seconds", "Time of a batch.", fine),
		queued:  metric.Register(config.Registerer, gauge).WithLabelValues(config.Name),
		refused: counter("waybill_batch_refused_total", "Requests refused because the queue was full."),
		givenUp: counter("waybill_batch_given_up_total", "Callers that left before their result was there."),
		halved:  counter("waybill_batch_halved_total", "Sets that failed as one and were run again in halves."),
		panics:  counter("waybill_batch_panics_total", "Panics of the run function."),
	}
}
