package operations

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const (
	// measureEvery is how often the open exceptions are counted.
	measureEvery = 15 * time.Second
	// settleTime is how long a transaction may take until what it resolved is seen: resolutions are measured that much later.
	settleTime = 30 * time.Second
)

// metrics are what people watch of exceptions. Each class and queue is always there, so that no graph and no alert asks for what is not.
type metrics struct {
	open, oldest, overdue *prometheus.GaugeVec
	resolved              *prometheus.HistogramVec
	awaited, waited       prometheus.Gauge
	queues                []string
}

func newMetrics(registerer prometheus.Registerer, queues []string) *metrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels))
	}
	m := &metrics{
		open:    gauge("waybill_exceptions_open", "Exceptions that are not resolved; severity from 1 (low) to 4 (critical).", "class", "severity"),
		oldest:  gauge("waybill_exceptions_oldest_seconds", "Age of the oldest exception that is not resolved.", "class", "severity"),
		overdue: gauge("waybill_exceptions_overdue", "Exceptions that are not resolved and should be by now.", "queue"),
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
		queues: queues,
	}
	for _, class := range domain.Classes() {
		m.resolved.WithLabelValues(string(class))
	}
	m.none()
	return m
}

// none says that nothing is open: what there is of it is not this replica's to tell, or is told next.
func (m *metrics) none() {
	for _, vec := range []*prometheus.GaugeVec{m.open, m.oldest, m.overdue} {
		vec.Reset()
	}
	for _, class := range domain.Classes() {
		severity := strconv.Itoa(int(class.Severity()))
		m.open.WithLabelValues(string(class), severity)
		m.oldest.WithLabelValues(string(class), severity)
	}
	for _, queue := range m.queues {
		m.overdue.WithLabelValues(queue)
	}
	m.awaited.Set(0)
	m.waited.Set(0)
}

func (m *metrics) show(seen store.Measured, now time.Time) {
	m.none()
	for _, group := range seen.Open {
		severity := strconv.FormatInt(group.Severity, 10)
		m.open.WithLabelValues(group.Class, severity).Set(float64(group.Exceptions))
		m.oldest.WithLabelValues(group.Class, severity).Set(now.Sub(group.Oldest).Seconds())
	}
	for _, group := range seen.Overdue {
		m.overdue.WithLabelValues(group.Queue).Set(float64(group.Exceptions))
	}
	for _, one := range seen.Resolved {
		m.resolved.WithLabelValues(one.Class).Observe(one.ResolvedAt.Sub(one.OpenedAt).Seconds())
	}
	m.awaited.Set(float64(seen.Awaited))
	m.waited.Set(max(now.Sub(seen.OldestAwaited).Seconds(), 0))
}

// measure counts the exceptions again and again, in the replica that owns the first shard, until ctx ends.
func (s *Service) measure(ctx context.Context) error {
	since := s.now().Add(-settleTime)
	return s.everyNow(ctx, "measure exceptions", measureEvery, func(ctx context.Context) (bool, error) {
		var err error
		since, err = s.measureOnce(ctx, since)
		return false, err
	})
}

// measureOnce shows what is open, and what was resolved from since on. It gives from when on to look next.
func (s *Service) measureOnce(ctx context.Context, since time.Time) (time.Time, error) {
	now := s.now()
	until := now.Add(-settleTime)
	if !s.owner.Leases().Holds(0) {
		s.metrics.none()
		return until, nil
	}
	seen, err := store.Measure(ctx, s.db.Pool(), since, until, now)
	if err != nil {
		s.metrics.none()
		return since, err
	}
	s.metrics.show(seen, now)
	return until, nil
}
