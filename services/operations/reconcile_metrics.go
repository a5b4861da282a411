package operations

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// bookMetrics are what people watch of reconciliations.
type bookMetrics struct {
	open, oldest *prometheus.GaugeVec
	last         prometheus.Gauge
	took         prometheus.Histogram
	unread       prometheus.Gauge
}

func newBookMetrics(registerer prometheus.Registerer) *bookMetrics {
	return &bookMetrics{
		open: metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waybill_reconciliation_breaks", Help: "Places where the books of services disagree, by whose matter it is and suggested repair.",
		}, []string{"area", "repair"})),
		oldest: metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waybill_reconciliation_oldest_break_seconds", Help: "Age of the oldest break that is open, by whose matter it is and suggested repair.",
		}, []string{"area", "repair"})),
		last: metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waybill_reconciliation_last_seconds", Help: "Time since the end of the last reconciliation.",
		})),
		took: metric.Register(registerer, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_reconciliation_seconds", Help: "Time that a reconciliation took.",
			Buckets: prometheus.ExponentialBuckets(0.1, 4, 9), // 0.1 s to 2 h
		})),
		unread: metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waybill_reconciliation_rules_unread", Help: "Rules that the last reconciliation could not check.",
		})),
	}
}

// reconciled notes a reconciliation.
func (m *bookMetrics) reconciled(took time.Duration, results []domain.RuleResult) {
	m.took.Observe(took.Seconds())
	unread := 0
	for _, result := range results {
		if result.Failure != "" {
			unread++
		}
	}
	m.unread.Set(float64(unread))
}

// none says that nothing is open: each kind of break is always there, so that no graph and no alert asks for what is not.
func (m *bookMetrics) none() {
	for _, area := range domain.Areas() {
		for _, repair := range domain.Repairs() {
			m.open.WithLabelValues(string(area), string(repair)).Set(0)
			m.oldest.WithLabelValues(string(area), string(repair)).Set(0)
		}
	}
	m.last.Set(0)
}

// show adds up what is open of each kind.
func (m *bookMetrics) show(open []store.OpenBreaks, now time.Time) {
	oldest := map[[2]string]time.Time{}
	for _, group := range open {
		kind := [2]string{string(domain.AreaOf(group.Equation)), group.Repair}
		m.open.WithLabelValues(kind[:]...).Add(float64(group.Breaks))
		if first, known := oldest[kind]; !known || group.Oldest.Before(first) {
			oldest[kind] = group.Oldest
		}
	}
	for kind, since := range oldest {
		m.oldest.WithLabelValues(kind[:]...).Set(now.Sub(since).Seconds())
	}
}

// measureBreaks counts the open breaks again and again, in the replica that owns the first shard, until ctx ends.
func (s *Service) measureBreaks(ctx context.Context) error {
	return s.everyNow(ctx, "measure breaks", measureEvery, func(ctx context.Context) (bool, error) {
		if !s.owner.Leases().Holds(0) {
			s.books.none()
			return false, nil
		}
		open, last, err := store.MeasureBreaks(ctx, s.db.Pool())
		s.books.none()
		if err != nil {
			return false, err
		}
		now := s.now()
		s.books.show(open, now)
		if last.Year() > 1 {
			s.books.last.Set(now.Sub(last).Seconds())
		}
		return false, nil
	})
}
