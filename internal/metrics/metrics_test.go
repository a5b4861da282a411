package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metrics"
)

func counter(labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "things_total", Help: "Things."}, labels)
}

func TestTheSecondGetsTheFirstOnes(t *testing.T) {
	registry := prometheus.NewRegistry()
	first, err := metrics.Register(registry, counter("kind"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := metrics.Register(registry, counter("kind"))
	if err != nil || second != first {
		t.Errorf("got %p, %v; want %p", second, err, first)
	}
	if _, err := metrics.Register(registry, counter("another")); err == nil {
		t.Error("the same name with other labels is taken")
	}
	if _, err := metrics.Register(registry, prometheus.NewGauge(prometheus.GaugeOpts{Name: "things_total", Help: "Things."})); err == nil {
		t.Error("the same name as another type is taken")
	}
}

func TestWithoutARegistry(t *testing.T) {
	made := counter("kind")
	if got, err := metrics.Register(nil, made); err != nil || got != made {
		t.Errorf("got %p, %v; want %p", got, err, made)
	}
}
