package database

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/fault"
)

// metrics of one database. A nil *metrics measures nothing.
type metrics struct {
	database string
	seconds  *prometheus.HistogramVec
	attempts *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer, database string) (*metrics, error) {
	if registerer == nil {
		return nil, nil
	}
	labels := []string{"database", "transaction"}
	seconds, err := register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "waybill_transaction_seconds", Help: "Time of a transaction with all its attempts.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
	}, append(labels, "outcome")))
	if err != nil {
		return nil, err
	}
	attempts, err := register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_transaction_attempts_total", Help: "Attempts of transactions; more than transactions means conflicts.",
	}, labels))
	if err != nil {
		return nil, err
	}
	return &metrics{database: database, seconds: seconds, attempts: attempts}, nil
}

// register gives the collector that is already there when several databases of one process share a registry.
func register[C prometheus.Collector](registerer prometheus.Registerer, collector C) (C, error) {
	err := registerer.Register(collector)
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := known.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	if err != nil {
		return collector, fmt.Errorf("register database metrics: %w", err)
	}
	return collector, nil
}

func (m *metrics) observe(name string, attempts int, took time.Duration, err error) {
	if m == nil {
		return
	}
	outcome := "committed"
	if err != nil {
		outcome = fault.KindOf(err).String()
	}
	m.seconds.WithLabelValues(m.database, name, outcome).Observe(took.Seconds())
	m.attempts.WithLabelValues(m.database, name).Add(float64(attempts))
}
