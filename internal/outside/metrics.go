package outside

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
)

// metrics are those of one guard.
type metrics struct {
	state, inFlight, waiting   prometheus.Gauge
	answered, failed, heldBack prometheus.Counter
	opened                     prometheus.Counter
	seconds                    prometheus.Observer
}

func newMetrics(registerer prometheus.Registerer, caller, connector string) metrics {
	labels := []string{"caller", "connector"}
	gauge := func(name, help string) prometheus.Gauge {
		return metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)).
			WithLabelValues(caller, connector)
	}
	calls := metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_outside_calls_total",
		Help: "Calls of connectors: answered, failed (no answer in time), held_back (not made).",
	}, append(labels, "outcome")))
	return metrics{
		state: gauge("waybill_outside_breaker_state",
			"Whether calls of a connector are let through: 1 closed (they are), 2 half open (single ones), 3 open (none)."),
		inFlight: gauge("waybill_outside_in_flight", "Calls of a connector under way."),
		waiting:  gauge("waybill_outside_waiting", "Calls of a connector that wait for their turn."),
		answered: calls.WithLabelValues(caller, connector, "answered"),
		failed:   calls.WithLabelValues(caller, connector, "failed"),
		heldBack: calls.WithLabelValues(caller, connector, "held_back"),
		opened: metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_outside_breaker_opened_total", Help: "How often calls of a connector were stopped because too many failed.",
		}, labels)).WithLabelValues(caller, connector),
		seconds: metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waybill_outside_seconds", Help: "Time of calls of a connector that were made.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16), // 1 ms to 33 s
		}, labels)).WithLabelValues(caller, connector),
	}
}
