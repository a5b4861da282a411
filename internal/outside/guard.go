package outside

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
)

// The reasons of what a guard holds back.
const (
	ReasonAway = "OUTSIDE_AWAY"
	ReasonBusy = "OUTSIDE_BUSY"
)

// Guard bounds the calls that one service makes of one connector. Safe for concurrent use.
type Guard struct {
	caller, connector string
	config            Config
	breaker           circuitbreaker.CircuitBreaker[any]
	throughBreaker    failsafe.Executor[any]
	limiter           *rate.Limiter
	places            chan struct{}
	metrics           metrics
	turned            chan struct{} // has one when the breaker has turned

	mu sync.Mutex
	// opened counts how often the breaker has opened since it was last closed.
	opened int
	// pausedUntil is until when the system asked to be left alone.
	pausedUntil time.Time
	standing    Standing
}

// New makes the guard of caller's calls of connector, both named by their roles. It fails when a bound cannot be.
func New(caller, connector string, config Config, registerer prometheus.Registerer) (*Guard, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	limit := rate.Inf
	if config.CallsPerSecond > 0 {
		limit = rate.Limit(config.CallsPerSecond)
	}
	g := &Guard{
		caller: caller, connector: connector, config: config, limiter: rate.NewLimiter(limit, 1),
		places: make(chan struct{}, config.Concurrency), metrics: newMetrics(registerer, caller, connector),
		turned:   make(chan struct{}, 1),
		standing: Standing{Caller: caller, Connector: connector, State: Closed, Since: time.Now(), Config: config},
	}
	g.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(float64(config.FailureBP)/10_000, uint(config.MinCalls), config.Window).
		WithDelay(config.OpenFor). // where a success completes the judgement, the library does not ask the function
		WithDelayFunc(func(failsafe.ExecutionAttempt[any]) time.Duration { return g.openFor() }).
		WithSuccessThreshold(1).
		HandleIf(func(_ any, err error) bool { return g.fails(err) }).
		OnStateChanged(g.onStateChanged).
		Build()
	g.throughBreaker = failsafe.With[any](g.breaker)
	g.metrics.state.Set(float64(Closed))
	return g, nil
}

// Around gives a connection to the connector on which every ordinary call passes the guard. Streams pass untouched.
func (g *Guard) Around(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	return guarded{g, conn}
}

type guarded struct {
	guard *Guard
	grpc.ClientConnInterface
}

func (c guarded) Invoke(ctx context.Context, method string, request, reply any, opts ...grpc.CallOption) error {
	return c.guard.Call(ctx, func(ctx context.Context) error {
		return c.ClientConnInterface.Invoke(ctx, method, request, reply, opts...)
	})
}

// Call makes a call within the bounds. It fails with OUTSIDE_AWAY (Unavailable) or OUTSIDE_BUSY (Exhausted), both with the time to
// wait, when the call is not made at all; else with what the call fails with.
func (g *Guard) Call(ctx context.Context, call func(context.Context) error) error {
	err := g.enter(ctx)
	if err == nil {
		defer g.leave()
		err = g.throughBreaker.Run(func() error { return g.make(ctx, call) })
		if !errors.Is(err, circuitbreaker.ErrOpen) {
			return err
		}
		err = g.shut()
	}
	g.count(&g.standing.HeldBack, g.metrics.heldBack)
	return err
}

// make makes a call that was let through.
func (g *Guard) make(ctx context.Context, call func(context.Context) error) error {
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()
	if g.config.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, g.config.Deadline)
		defer cancel()
	}
	start := time.Now()
	err := call(ctx)
	g.metrics.seconds.Observe(time.Since(start).Seconds())
	g.note(err)
	return err
}

// enter waits for a turn and a place. The breaker's permit comes last: who has it must tell what became of it.
func (g *Guard) enter(ctx context.Context) error {
	if err := g.away(); err != nil {
		return err
	}
	g.wait(1)
	defer g.wait(-1)
	if err := g.turn(ctx); err != nil {
		return err
	}
	patience := time.NewTimer(g.config.MaxWait)
	defer patience.Stop()
	select {
	case g.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return fault.New(fault.Exhausted, ReasonBusy, "too many calls of %s are under way", g.connector).WithRetryAfter(g.config.MaxWait)
	}
	return nil
}

func (g *Guard) leave() { <-g.places }

// away tells whether calls are pointless just now, before anything is waited for.
func (g *Guard) away() error {
	if g.breaker.IsOpen() && g.breaker.RemainingDelay() > 0 {
		return g.shut()
	}
	g.mu.Lock()
	pause := time.Until(g.pausedUntil)
	g.mu.Unlock()
	if pause > 0 {
		return fault.New(fault.Exhausted, ReasonBusy, "%s asked for a pause", g.connector).WithRetryAfter(pause)
	}
	return nil
}

func (g *Guard) shut() error {
	wait := max(g.breaker.RemainingDelay(), 100*time.Millisecond)
	return fault.New(fault.Unavailable, ReasonAway, "%s does not answer; it is left alone for a while", g.connector).WithRetryAfter(wait)
}

// turn waits for the rate. Who would wait longer than allowed, or than he has time, goes away at once and takes no turn.
func (g *Guard) turn(ctx context.Context) error {
	booked := g.limiter.Reserve()
	delay := booked.Delay()
	if delay == 0 {
		return nil
	}
	allowed := g.config.MaxWait
	if deadline, ok := ctx.Deadline(); ok {
		allowed = min(allowed, time.Until(deadline))
	}
	if delay > allowed {
		booked.Cancel()
		return fault.New(fault.Exhausted, ReasonBusy, "%s takes no more calls just now", g.connector).WithRetryAfter(delay)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		booked.Cancel()
		return ctx.Err()
	}
}

// fails tells whether the breaker is to take a call for a failure. A caller that breaks off says nothing about the system; that its
// trial of a half-open breaker ended well must not be concluded from it.
func (g *Guard) fails(err error) bool {
	if errors.Is(err, context.Canceled) {
		return g.breaker.IsHalfOpen()
	}
	return failure(err)
}

// failure tells whether an error means that there was no answer.
func failure(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Deadline, fault.Internal:
		return true
	default:
		return false
	}
}

// note counts what came of a call.
func (g *Guard) note(err error) {
	switch {
	case failure(err):
		g.fail(err)
		return
	case errors.Is(err, context.Canceled):
		return
	case fault.KindOf(err) == fault.Exhausted:
		g.pause(err)
	}
	g.count(&g.standing.Answered, g.metrics.answered)
}

// pause keeps the time that the system asked for.
func (g *Guard) pause(err error) {
	asked, _ := fault.As(err)
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(asked.RetryAfter); until.After(g.pausedUntil) {
		g.pausedUntil = until
	}
}

// openFor is how long the breaker stays open: it doubles while the system stays away, and half of it is left to chance.
func (g *Guard) openFor() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened++
	return pace.Backoff(g.config.OpenFor, g.config.MaxOpenFor, g.opened)
}
