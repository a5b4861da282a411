package gateway

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/metric"
)

// reasonBusy is the reason of what is refused because too much is under way.
const reasonBusy = "GATEWAY_BUSY"

const (
	// refusedBodyTime is how long what is left of a refused body may take to come.
	refusedBodyTime = time.Second
	// shortestWait and longestWait bound the time that a refused caller is asked to wait, spread how far apart callers who are refused
	// together are asked to come again.
	shortestWait, longestWait, spread = time.Second, 10 * time.Second, 2 * time.Second
)

// crowd bounds what all callers together have under way: requests, streams, and the bytes of their bodies. When it is full the next
// one is refused at once, with the time to wait: nothing of him is kept and no byte of his body is read before.
type crowd struct {
	config  Config
	streams map[string]bool // paths
	metrics crowdMetrics

	mu       sync.Mutex
	requests int
	watching int
	bodies   int64
	took     time.Duration // by a request, smoothed
}

type crowdMetrics struct {
	requests, streams, bodies prometheus.Gauge
	refused                   prometheus.Counter
}

func newCrowd(config Config) *crowd {
	gauge := func(name, help string) prometheus.Gauge {
		return metric.Register(config.Registerer, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))
	}
	return &crowd{config: config, streams: streamPaths(), metrics: crowdMetrics{
		requests: gauge("waybill_gateway_requests", "Requests under way, without streams."),
		streams:  gauge("waybill_gateway_streams", "Streams under way."),
		bodies:   gauge("waybill_gateway_body_bytes", "Bytes of the bodies of the requests under way."),
		refused: metric.Register(config.Registerer, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waybill_gateway_refused_total", Help: "Requests that were refused because too many were under way.",
		})),
	}}
}

// bounded lets requests through to next while there is room.
func (c *crowd) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := heldBy(r)
		streams := c.streams[r.URL.Path]
		if wait := c.enter(streams, body); wait > 0 {
			c.metrics.refused.Inc()
			// The server reads what is left of a small body before it takes the next request of the connection.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(refusedBodyTime))
			writeProblem(w, problemOf(fault.New(fault.Exhausted, reasonBusy,
				"too many requests are under way; repeat this one with the same request id").WithRetryAfter(wait)))
			return
		}
		began := time.Now()
		defer func() { c.leave(streams, body, time.Since(began)) }()
		next.ServeHTTP(w, r)
	})
}

// heldBy is how many bytes a request's body may hold here: all that it may have where it does not say.
func heldBy(r *http.Request) int64 {
	if r.ContentLength < 0 || r.ContentLength > MaxBody {
		return MaxBody
	}
	return r.ContentLength
}

// enter takes a place. When there is none it takes nothing and says how long to wait.
func (c *crowd) enter(streams bool, body int64) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	full := c.requests >= c.config.MaxRequests
	if streams {
		full = c.watching >= c.config.MaxStreams
	}
	// A body that is larger than all of the room comes alone.
	if full || c.bodies > 0 && c.bodies+body > c.config.MaxBodyBytes {
		return min(max(c.took, shortestWait), longestWait) + rand.N(spread)
	}
	c.change(streams, 1, body)
	return 0
}

func (c *crowd) leave(streams bool, body int64, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.change(streams, -1, -body)
	if !streams {
		c.took += (took - c.took) / 64
	}
}

func (c *crowd) change(streams bool, n int, body int64) {
	if streams {
		c.watching += n
	} else {
		c.requests += n
	}
	c.bodies += body
	c.metrics.requests.Set(float64(c.requests))
	c.metrics.streams.Set(float64(c.watching))
	c.metrics.bodies.Set(float64(c.bodies))
}

// streamPaths are the addresses of the RPCs that stream their answers, as the contract says.
func streamPaths() map[string]bool {
	paths := map[string]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, ok := proto.GetExtension(methods.Get(j).Options(), annotations.E_Http).(*annotations.HttpRule)
				if methods.Get(j).IsStreamingServer() && ok && rule.GetGet() != "" {
					paths[rule.GetGet()] = true
				}
			}
		}
		return true
	})
	return paths
}
