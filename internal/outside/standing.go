package outside

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/fault"
)

// State says whether a breaker lets calls through.
type State int

// The states. Half open: single calls are let through, to see whether the system is back.
const (
	Closed   State = 1
	HalfOpen State = 2
	Open     State = 3
)

// Standing is how a guard stands.
type Standing struct {
	Caller, Connector string
	State             State
	// Since is when the system was last seen to stop answering, or to be back: trials in between do not change it.
	Since time.Time
	// RetryAt is when a call will be tried again; zero where calls are let through.
	RetryAt                    time.Time
	InFlight, Waiting          int
	Answered, Failed, HeldBack int64
	LastFailure                string
	LastFailureAt              time.Time
	Config                     Config
}

// Standing tells how the guard stands.
func (g *Guard) Standing() Standing {
	g.mu.Lock()
	standing := g.standing
	g.mu.Unlock()
	standing.InFlight = len(g.places)
	if standing.State == Open {
		standing.RetryAt = time.Now().Add(g.breaker.RemainingDelay())
	}
	return standing
}

func (g *Guard) onStateChanged(event circuitbreaker.StateChangedEvent) {
	state := Closed
	switch event.NewState {
	case circuitbreaker.OpenState:
		state = Open
	case circuitbreaker.HalfOpenState:
		state = HalfOpen
	case circuitbreaker.ClosedState:
	}
	g.mu.Lock()
	if (state == Closed) != (g.standing.State == Closed) {
		g.standing.Since = time.Now()
	}
	g.standing.State = state
	if state == Closed {
		g.opened = 0
	}
	g.mu.Unlock()
	g.metrics.state.Set(float64(state))
	if state == Open {
		g.metrics.opened.Inc()
	}
	select {
	case g.turned <- struct{}{}:
	default:
	}
}

func (g *Guard) wait(change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.standing.Waiting += change
	g.metrics.waiting.Set(float64(g.standing.Waiting))
}

func (g *Guard) count(counter *int64, metric prometheus.Counter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*counter++
	metric.Inc()
}

func (g *Guard) fail(err error) {
	reason := fault.ReasonOf(err)
	if reason == "" {
		reason = fault.KindOf(err).String()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.standing.Failed++
	g.standing.LastFailure, g.standing.LastFailureAt = reason, time.Now()
	g.metrics.failed.Inc()
}
