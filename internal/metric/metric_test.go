package metric_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
)

func counter(labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parcels_total", Help: "Parcels."}, labels)
}

func TestRegisterShares(t *testing.T) {
	registry := prometheus.NewRegistry()
	first := metric.Register(registry, counter("service"))
	if second := metric.Register(registry, counter("service")); second != first {
		t.Fatal("the second registration has a collector of its own")
	}
	if alone := counter("service"); metric.Register(nil, alone) != alone {
		t.Fatal("without a registerer another collector came back")
	}
}

func TestRegisterRefusesAnotherShape(t *testing.T) {
	registry := prometheus.NewRegistry()
	metric.Register(registry, counter("service"))
	defer func() {
		if recover() == nil {
			t.Fatal("a collector of another shape was accepted")
		}
	}()
	metric.Register(registry, counter("service", "shard"))
}
