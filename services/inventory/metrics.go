package inventory

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

type metrics struct {
	reservations *prometheus.CounterVec
	freshness    prometheus.Histogram
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	m := &metrics{
		freshness: metric.Register(registerer, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_inventory_freshness_seconds", Help: "Time from a change of stock to its being sent to a channel that watches.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 16), // 5 ms to 2.7 min
		})),
		reservations: metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_inventory_reservations_total",
			Help: "Reservation requests answered, by outcome: whole, short, a reason of refusal, or a repeat.",
		}, []string{"outcome"})),
	}
	for _, outcome := range []string{"whole", "short", "repeat"} {
		m.reservations.WithLabelValues(outcome) // there from the start: what never happened is 0
	}
	return m
}

func (m *metrics) count(wants []domain.Want, outcomes []domain.Outcome) {
	counts := map[string]float64{}
	for i, outcome := range outcomes {
		counts[outcomeLabel(wants[i], outcome)]++
	}
	for label, count := range counts {
		m.reservations.WithLabelValues(label).Add(count)
	}
}

func outcomeLabel(want domain.Want, outcome domain.Outcome) string {
	switch {
	case outcome.ReservationID != want.ID:
		return "repeat"
	case outcome.Refusal != nil:
		return outcome.Refusal.Reason
	}
	for _, line := range outcome.Lines {
		if line.Backordered+line.Unfilled > 0 {
			return "short"
		}
	}
	return "whole"
}
