package rpc

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	"github.com/waybill-dev/waybill/internal/metric"
)

// collectors are the metrics of all servers or clients that share a registry.
type collectors struct {
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
}

// newCollectors makes them for one side, "server" or "client".
func newCollectors(registerer prometheus.Registerer, side string) *collectors {
	return &collectors{
		seconds: metric.Register(registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "waybill_rpc_" + side + "_seconds", Help: "Time of calls by outcome, seen by the " + side + ".",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 17), // 0.5 ms to 33 s
		}, []string{"service", "method", "code"})),
		inFlight: metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waybill_rpc_" + side + "_in_flight", Help: "Calls under way, seen by the " + side + ".",
		}, []string{"service", "method"})),
	}
}

// methodMetrics are one method's, with the usual outcome looked up already.
type methodMetrics struct {
	inFlight prometheus.Gauge
	ok       prometheus.Observer
	byCode   prometheus.ObserverVec
}

func (c *collectors) of(service, method string) methodMetrics {
	byCode := c.seconds.MustCurryWith(prometheus.Labels{"service": service, "method": method})
	return methodMetrics{
		inFlight: c.inFlight.WithLabelValues(service, method),
		ok:       byCode.WithLabelValues(codes.OK.String()),
		byCode:   byCode,
	}
}

func (m *methodMetrics) observe(code codes.Code, took time.Duration) {
	if code == codes.OK {
		m.ok.Observe(took.Seconds())
		return
	}
	m.byCode.WithLabelValues(code.String()).Observe(took.Seconds())
}
