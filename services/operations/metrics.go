package operations

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const (
	// measureEvery is how often the open exceptions are counted.
	measureEvery = 15 * time.Second
	// settleTime is how long a transaction may take until what it resolved is seen: resolutions are measured that much later.
	settleTime = 30 * time.Second
)

// metrics are what people watch of exceptions.
type metrics struct {
	open, oldest    *prometheus.GaugeVec
	resolved        *prometheus.HistogramVec
	awaited, waited prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"class", "severity"}))
	}
	return &metrics{
		open:   gauge("waybill_exceptions_open", "Exceptions that are not resolved; severity from 1 (low) to 4 (critical)."),
		oldest: gauge("waybill_exceptions_oldest_seconds", "Age of the oldest exception that is not resolved."),
		resolved: metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waybill_exceptions_resolve_seconds", Help: "Time from the opening of an exception to its end.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 11), // 1 s to 12 days
		}, []string{"class"})),
		awaited: metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waybill_shipped_not_invoiced", Help: "Shipments that left and are not invoiced.",
		})),
		waited: metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waybill_shipped_not_invoiced_oldest_seconds", Help: "Age of the oldest shipment that is not invoiced.",
		})),
	}
}

// measure counts the exceptions again and again, in the replica that owns the first shard, until ctx ends.
func (s *Service) measure(ctx context.Context) error {
	since := s.now().Add(-settleTime)
	return s.everyNow(ctx, "measure exceptions", measureEvery, func(ctx context.Context) (bool, error) {
		s.metrics.open.Reset()
		s.metrics.oldest.Reset()
		if !s.owner.Leases().Holds(0) {
			since = s.now().Add(-settleTime)
			return false, nil
		}
		until := s.now().Add(-settleTime)
		err := s.measureOnce(ctx, since, until)
		if err == nil {
			since = until
		}
		return false, err
	})
}

func (s *Service) measureOnce(ctx context.Context, since, until time.Time) error {
	seen, err := store.Measure(ctx, s.db.Pool(), since, until, s.now())
	if err != nil {
		return err
	}
	now := s.now()
	for _, group := range seen.Open {
		severity := strconv.FormatInt(group.Severity, 10)
		s.metrics.open.WithLabelValues(group.Class, severity).Set(float64(group.Exceptions))
		s.metrics.oldest.WithLabelValues(group.Class, severity).Set(now.Sub(group.Oldest).Seconds())
	}
	for _, one := range seen.Resolved {
		s.metrics.resolved.WithLabelValues(one.Class).Observe(one.ResolvedAt.Sub(one.OpenedAt).Seconds())
	}
	s.metrics.awaited.Set(float64(seen.Awaited))
	s.metrics.waited.Set(max(now.Sub(seen.OldestAwaited).Seconds(), 0))
	return nil
}
