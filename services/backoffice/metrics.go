package backoffice

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

type metrics struct {
	waiting, oldest, stuck prometheus.Gauge
	posted, refused        prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return metric.Register(registerer, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))
	}
	documents := metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_backoffice_documents_total", Help: "Documents that the ERP answered, by outcome.",
	}, []string{"outcome"}))
	return &metrics{
		waiting: gauge("waybill_backoffice_queue_depth", "Documents that the ERP has not been told yet, of all replicas."),
		oldest:  gauge("waybill_backoffice_queue_age_seconds", "Age of the oldest document that the ERP has not been told yet."),
		stuck:   gauge("waybill_backoffice_stuck", "Documents that the ERP refused and that wait for a person."),
		posted:  documents.WithLabelValues("posted"),
		refused: documents.WithLabelValues("refused"),
	}
}

func (m *metrics) count(answers []domain.Answer) {
	for _, answer := range answers {
		if answer.Reason == "" {
			m.posted.Inc()
		} else {
			m.refused.Inc()
		}
	}
}

// measure keeps the queue's metrics until ctx ends.
func (s *Service) measure(ctx context.Context) error {
	for ctx.Err() == nil {
		queue, err := store.MeasureQueue(ctx, s.db.Pool())
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "queue for the ERP not measured", slog.Any("error", err))
		}
		if err == nil {
			age := 0.0
			if queue.Waiting > 0 {
				age = max(s.now().Sub(queue.OldestSince).Seconds(), 0)
			}
			s.metrics.waiting.Set(float64(queue.Waiting))
			s.metrics.stuck.Set(float64(queue.Stuck))
			s.metrics.oldest.Set(age)
		}
		pace.Sleep(ctx, s.config.Measure)
	}
	return nil
}
