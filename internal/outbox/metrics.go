package outbox

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
)

type metrics struct {
	depth, age        prometheus.Gauge
	events, states    prometheus.Counter
	skipped, outdated prometheus.Counter
	failures          prometheus.Counter
	stateDelay        prometheus.Observer
}

func newMetrics(registerer prometheus.Registerer, db string) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return metric.Register(registerer, prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Name: name, Help: help}, []string{"database"})).WithLabelValues(db)
	}
	counter := func(name, help string) prometheus.Counter {
		return metric.Register(registerer, prometheus.NewCounterVec(
			prometheus.CounterOpts{Name: name, Help: help}, []string{"database"})).WithLabelValues(db)
	}
	delay := metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "waybill_relay_state_delay_seconds", Help: "Time from a state's change to the broker's having it.",
		Buckets: prometheus.ExponentialBuckets(0.005, 2, 16), // 5 ms to 2.7 min
	}, []string{"database"}))
	return &metrics{
		stateDelay: delay.WithLabelValues(db),
		depth:      gauge("waybill_outbox_depth", "Events of owned shards that the broker has not acknowledged."),
		age:        gauge("waybill_outbox_age_seconds", "Age of the oldest event of owned shards that the broker has not acknowledged."),
		events:     counter("waybill_relay_events_total", "Events that the broker acknowledged."),
		states:     counter("waybill_relay_states_total", "States that the broker acknowledged."),
		skipped:    counter("waybill_relay_states_skipped_total", "State changes that were told with a later one."),
		outdated:   counter("waybill_relay_states_outdated_total", "States that were read again because another replica was faster."),
		failures:   counter("waybill_relay_failures_total", "Passes of the relay that left something behind because of an error."),
	}
}
