package masterdata

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

type metrics struct {
	age                  prometheus.Gauge
	waiting, stuck       prometheus.Gauge
	changed, same, aside prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	entries := metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_masterdata_feed_entries_total", Help: "Masters that the ERP told, by what came of them.",
	}, []string{"outcome"}))
	aside := metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_masterdata_set_aside", Help: "Masters from the ERP that were not taken, of all replicas: waiting for something, or stuck.",
	}, []string{"state"}))
	return &metrics{
		age: metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waybill_masterdata_feed_age_seconds", Help: "How long ago the ERP's masters were last read to their end.",
		})),
		waiting: aside.WithLabelValues("waiting"), stuck: aside.WithLabelValues("stuck"),
		changed: entries.WithLabelValues("changed"), same: entries.WithLabelValues("same"), aside: entries.WithLabelValues("set_aside"),
	}
}

func (m *metrics) count(came taken) {
	m.changed.Add(float64(came.changed))
	m.same.Add(float64(came.same))
	m.aside.Add(float64(came.aside))
}

// measure keeps the feed's metrics until ctx ends.
func (s *Service) measure(ctx context.Context) error {
	failed := func(err error) { s.log.WarnContext(ctx, "feed of masters not measured", slog.Any("error", err)) }
	return pace.Every(ctx, s.config.Measure, failed, func(ctx context.Context) (bool, error) {
		feed, known, err := store.FindMasterFeed(ctx, s.db.Pool())
		if err != nil {
			return false, err
		}
		counts, err := store.CountSetAsideEntries(ctx, s.db.Pool())
		if err != nil {
			return false, err
		}
		if known {
			s.metrics.age.Set(max(s.now().Sub(current(&feed)).Seconds(), 0))
		}
		s.metrics.waiting.Set(float64(counts[domain.Waiting]))
		s.metrics.stuck.Set(float64(counts[domain.Stuck]))
		return false, nil
	})
}

// current is when all was known that the ERP had; where it never was, when it was first asked.
func current(feed *domain.Feed) time.Time { return cmp.Or(feed.CurrentAt, feed.StartedAt) }
