package rpc

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
	"github.com/waybill-dev/waybill/internal/metric"
)

// levels count calls against the service levels in the contract, and say what these are. A level of which too much is
// missed is burning: alerts need to know no method and no number.
type levels struct {
	calls, good *prometheus.CounterVec
	target      *prometheus.GaugeVec
}

// The objectives of a method. Latency is asked of calls that succeeded, and not of streams, which last as long as their
// callers like.
const (
	objectiveAvailability = "availability"
	objectiveLatency      = "latency"
	// latencyTarget is what the 99th percentile means.
	latencyTarget = 0.99
)

func newLevels(registerer prometheus.Registerer) *levels {
	labels := []string{"service", "method", "objective"}
	return &levels{
		calls: metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_slo_calls_total", Help: "Calls that count for a service level.",
		}, labels)),
		good: metric.Register(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_slo_good_total", Help: "Calls that kept a service level.",
		}, labels)),
		target: metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waybill_slo_target_ratio", Help: "The share of calls that are to keep a service level, as the contract says.",
		}, labels)),
	}
}

// methodLevel counts for one method.
type methodLevel struct {
	calls, good prometheus.Counter
	// answered and fast are those of the latency; nil for streams.
	answered, fast prometheus.Counter
	within         time.Duration
}

func (l *levels) of(service, method string, rules *policyv1.MethodPolicy, streams bool) methodLevel {
	made := methodLevel{
		calls:  l.calls.WithLabelValues(service, method, objectiveAvailability),
		good:   l.good.WithLabelValues(service, method, objectiveAvailability),
		within: rules.GetLatencyP99().AsDuration(),
	}
	l.target.WithLabelValues(service, method, objectiveAvailability).Set(float64(rules.GetAvailabilityBp()) / 10_000)
	if !streams {
		made.answered = l.calls.WithLabelValues(service, method, objectiveLatency)
		made.fast = l.good.WithLabelValues(service, method, objectiveLatency)
		l.target.WithLabelValues(service, method, objectiveLatency).Set(latencyTarget)
	}
	return made
}

func (l *methodLevel) count(code codes.Code, took time.Duration) {
	l.calls.Inc()
	if !failures[code] {
		l.good.Inc()
	}
	if code != codes.OK || l.answered == nil {
		return
	}
	l.answered.Inc()
	if took <= l.within {
		l.fast.Inc()
	}
}

// failures are the outcomes that a caller can do nothing about. A full queue is one: we had promised room.
var failures = map[codes.Code]bool{
	codes.Unknown: true, codes.DeadlineExceeded: true, codes.ResourceExhausted: true, codes.Unimplemented: true,
	codes.Internal: true, codes.Unavailable: true, codes.DataLoss: true,
}
