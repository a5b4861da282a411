package order

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/metric"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// metrics are what the business asks of orders. Times are taken from the events, when the broker has them, so that nothing
// is measured that was rolled back.
type metrics struct {
	cycle                  prometheus.Histogram
	decision               *prometheus.HistogramVec
	processes, due, dueAge *prometheus.GaugeVec
	without                *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels))
	}
	m := &metrics{
		cycle: metric.Register(registerer, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_order_cycle_seconds", Help: "Time from an order's receipt to its completion: all of it invoiced or cancelled.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 12), // 1 s to 48 days
		})),
		decision: metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waybill_order_decision_seconds", Help: "Time from an order's receipt to its first decision.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 18), // 5 ms to 11 min
		}, []string{"outcome"})),
		processes: gauge("waybill_order_processes", "Processes of owned shards that are under way or stuck.", "kind", "state"),
		due:       gauge("waybill_order_processes_due", "Processes of owned shards that wait to be driven.", "kind"),
		dueAge:    gauge("waybill_order_process_age_seconds", "Since when the process of owned shards that waits longest is due.", "kind"),
	}
	m.without = metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "waybill_order_steps_without_answer_total",
		Help: "Steps of the acceptance of orders that went on without the answer of an outside system.",
	}, []string{"step"}))
	for _, kind := range process.Kinds() {
		for _, rule := range kind.Rules {
			if rule.Need.Budget > 0 {
				m.without.WithLabelValues(string(rule.Step))
			}
		}
	}
	for _, outcome := range decisions {
		m.decision.WithLabelValues(outcome) // there from the start: what never happened is 0
	}
	return m
}

// decisions are the events that can decide an order, and what the decision is called.
var decisions = map[string]string{
	"waybill.order.order.accepted.v1": "accepted",
	"waybill.order.order.held.v1":     "held",
	"waybill.order.order.rejected.v1": "rejected",
}

const (
	typeCompleted = "waybill.order.order.completed.v1"
	// firstDecision is the sequence of the event that decides an order: it comes after order.received.
	firstDecision = 2
)

// told measures from an event that the broker has taken. An event that is published twice is measured twice.
func (m *metrics) told(event bus.Event) {
	if outcome, ok := decisions[event.Type]; ok && event.Sequence == firstDecision {
		if order, err := id.Parse(id.Order, event.Aggregate); err == nil {
			m.decision.WithLabelValues(outcome).Observe(max(event.OccurredAt.Sub(madeAt(order)).Seconds(), 0))
		}
		return
	}
	if event.Type != typeCompleted {
		return
	}
	payload, err := event.Payload()
	if completed, ok := payload.(*orderv1.OrderCompleted); ok && err == nil {
		m.cycle.Observe(event.OccurredAt.Sub(completed.GetReceivedAt().AsTime()).Seconds())
	}
}

// madeAt is when an id was made: an order's, when it came.
func madeAt(made uuid.UUID) time.Time {
	seconds, nanos := made.Time().UnixTime()
	return time.Unix(seconds, nanos)
}

// measure counts the processes of owned shards. What cannot be read stays as it was: the driver reports the trouble.
func (s *Service) measure(ctx context.Context) {
	leases := s.owner.Leases()
	queues, err := store.MeasureProcesses(ctx, s.db.Pool(), leases.Shards(), s.now())
	if err != nil {
		return
	}
	s.metrics.show(queues, s.now())
}

// show replaces what was shown, so that a kind of which there are none any more is 0.
func (m *metrics) show(queues []store.Queue, now time.Time) {
	for _, kind := range process.Kinds() {
		name := string(kind.Name)
		for _, state := range []process.State{process.Active, process.Stuck} {
			m.processes.WithLabelValues(name, string(state)).Set(0)
		}
		m.due.WithLabelValues(name).Set(0)
		m.dueAge.WithLabelValues(name).Set(0)
	}
	for _, queue := range queues {
		m.processes.WithLabelValues(string(queue.Kind), string(queue.State)).Set(float64(queue.Processes))
		if queue.Due > 0 {
			m.due.WithLabelValues(string(queue.Kind)).Add(float64(queue.Due))
		}
	}
	for kind, since := range oldest(queues) {
		m.dueAge.WithLabelValues(string(kind)).Set(max(now.Sub(since).Seconds(), 0))
	}
}

// oldest is since when the longest waiting of each kind waits.
func oldest(queues []store.Queue) map[process.KindName]time.Time {
	since := map[process.KindName]time.Time{}
	for _, queue := range queues {
		if known, ok := since[queue.Kind]; queue.Due > 0 && (!ok || queue.Oldest.Before(known)) {
			since[queue.Kind] = queue.Oldest
		}
	}
	return since
}
