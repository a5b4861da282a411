package inbox

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/metric"
)

type metrics struct {
	applied, duplicates, waiting, toPark prometheus.Counter
	failures, deadLetters                prometheus.Counter
	parked, dead                         prometheus.Gauge
	batch, delay                         prometheus.Observer
	lag                                  *prometheus.GaugeVec
}

func newMetrics(registerer prometheus.Registerer, consumer string) *metrics {
	events := metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_inbox_events_total",
		Help: "Events by what became of them: applied, duplicate, waiting (comes again), parked, failed (comes again), dead.",
	}, []string{"consumer", "outcome"}))
	parked := metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_inbox_parked", Help: "Events of owned shards that are parked behind a dead letter or a gap.",
	}, []string{"consumer"}))
	dead := metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_inbox_dead_letters", Help: "Events of owned shards that are put away until somebody replays or skips them.",
	}, []string{"consumer"}))
	delay := metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "waybill_inbox_delay_seconds", Help: "Time from an event's commit at its publisher to the commit of its effect.",
		Buckets: prometheus.ExponentialBuckets(0.005, 2, 18), // 5 ms to 11 min
	}, []string{"consumer"}))
	batch := metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "waybill_inbox_batch_events", Help: "Events in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
	}, []string{"consumer"}))
	lag := metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_inbox_lag", Help: "Events that wait in the broker, as of the last one delivered.",
	}, []string{"consumer", "stream", "shard"}))
	return &metrics{
		applied:     events.WithLabelValues(consumer, "applied"),
		duplicates:  events.WithLabelValues(consumer, "duplicate"),
		waiting:     events.WithLabelValues(consumer, "waiting"),
		toPark:      events.WithLabelValues(consumer, "parked"),
		failures:    events.WithLabelValues(consumer, "failed"),
		deadLetters: events.WithLabelValues(consumer, "dead"),
		parked:      parked.WithLabelValues(consumer),
		dead:        dead.WithLabelValues(consumer),
		delay:       delay.WithLabelValues(consumer),
		batch:       batch.WithLabelValues(consumer),
		lag:         lag,
	}
}

func (m *metrics) pending(consumer string, delivery bus.Delivery) {
	m.lag.WithLabelValues(consumer, delivery.Stream, strconv.Itoa(int(delivery.Shard))).Set(float64(delivery.Pending))
}

// forget drops the lag of a shard that another replica shows now.
func (m *metrics) forget(consumer string, shard int32) {
	m.lag.DeletePartialMatch(prometheus.Labels{"consumer": consumer, "shard": strconv.Itoa(int(shard))})
}
