package outside_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outside"
)

func newGuard(t *testing.T, config outside.Config) *outside.Guard {
	t.Helper()
	guard, err := outside.New("billing", "connector-tax", config, nil)
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

func answer(context.Context) error { return nil }

func failing(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

var away = fault.New(fault.Unavailable, "GONE", "nobody is there")

// quick opens after two failures and tries again soon.
var quick = outside.Config{MinCalls: 2, OpenFor: 20 * time.Millisecond, MaxOpenFor: 40 * time.Millisecond}

func TestBreakerOpensAndComesBack(t *testing.T) {
	registry := prometheus.NewRegistry()
	guard, err := outside.New("billing", "connector-tax", quick, registry)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := guard.Call(t.Context(), failing(away)); !errors.Is(err, away) {
			t.Fatalf("the call's own error is %v", err)
		}
	}
	err = guard.Call(t.Context(), func(context.Context) error { t.Error("an open breaker let a call through"); return nil })
	told, ok := fault.As(err)
	if !ok || told.Kind != fault.Unavailable || told.Reason != outside.ReasonAway || told.RetryAfter <= 0 {
		t.Fatalf("held back with %+v", err)
	}
	stands := guard.Standing()
	if stands.State != outside.Open || stands.Failed != 2 || stands.HeldBack != 1 || stands.LastFailure != "GONE" || stands.RetryAt.IsZero() {
		t.Errorf("stands %+v", stands)
	}
	until(t, func() bool { return guard.Call(t.Context(), answer) == nil })
	if stands := guard.Standing(); stands.State != outside.Closed || stands.Answered != 1 || !stands.RetryAt.IsZero() {
		t.Errorf("afterwards it stands %+v", stands)
	}
	if n, err := testutil.GatherAndCount(registry, "waybill_outside_breaker_opened_total"); err != nil || n != 1 {
		t.Errorf("%d series, %v", n, err)
	}
}

// A trial that fails opens it again; only one trial goes out at a time.
func TestHalfOpenTriesOneCall(t *testing.T) {
	guard := newGuard(t, quick)
	for range 2 {
		_ = guard.Call(t.Context(), failing(away))
	}
	gone := guard.Standing().Since
	reached, release := make(chan struct{}), make(chan struct{})
	var trial atomic.Int32
	until(t, func() bool { return guard.Standing().RetryAt.Before(time.Now()) }) // a trial is due
	done := make(chan error, 1)
	go func() {
		done <- guard.Call(context.Background(), func(context.Context) error {
			trial.Add(1)
			close(reached)
			<-release
			return away
		})
	}()
	<-reached
	if err := guard.Call(t.Context(), func(context.Context) error { trial.Add(1); return nil }); fault.ReasonOf(err) != outside.ReasonAway {
		t.Errorf("a second call beside the trial: %v", err)
	}
	close(release)
	<-done
	if trial.Load() != 1 || guard.Standing().State != outside.Open {
		t.Errorf("%d trials, state %d", trial.Load(), guard.Standing().State)
	}
	if since := guard.Standing().Since; !since.Equal(gone) {
		t.Errorf("away since %s, after a trial since %s", gone, since)
	}
	until(t, func() bool { return guard.Call(t.Context(), answer) == nil })
	if since := guard.Standing().Since; !since.After(gone) {
		t.Errorf("back since %s, which is when it went away", since)
	}
}

// A success that completes the number of calls for a judgement may open the breaker too; it stays open no longer than others.
func TestOpenedByTheLastOfManyCalls(t *testing.T) {
	guard := newGuard(t, quick)
	_ = guard.Call(t.Context(), failing(away))
	_ = guard.Call(t.Context(), answer)
	if stands := guard.Standing(); stands.State == outside.Open && time.Until(stands.RetryAt) > time.Second {
		t.Fatalf("stays open until %s", stands.RetryAt)
	}
	until(t, func() bool { return guard.Call(t.Context(), answer) == nil })
}

// What the system says is an answer, however unwelcome; no answer is a failure.
func TestWhatCountsAsFailure(t *testing.T) {
	for kind, fails := range map[fault.Kind]bool{
		fault.Internal: true, fault.Unavailable: true, fault.Deadline: true,
		fault.Invalid: false, fault.NotFound: false, fault.AlreadyExists: false, fault.Conflict: false, fault.Precondition: false,
		fault.Exhausted: false, fault.Denied: false, fault.Unauthenticated: false,
	} {
		guard := newGuard(t, quick)
		for range 3 {
			_ = guard.Call(t.Context(), failing(fault.New(kind, "X", "x")))
		}
		if opened := guard.Standing().State == outside.Open; opened != fails {
			t.Errorf("%s: opened %t, want %t", kind, opened, fails)
		}
	}
}

// A call that takes longer than the deadline fails, and counts.
func TestDeadline(t *testing.T) {
	config := quick
	config.Deadline = 5 * time.Millisecond
	guard := newGuard(t, config)
	err := guard.Call(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		return fault.New(fault.Deadline, "DEADLINE_EXCEEDED", "%v", ctx.Err())
	})
	if fault.KindOf(err) != fault.Deadline || guard.Standing().Failed != 1 {
		t.Errorf("%v, %+v", err, guard.Standing())
	}
}

// A caller that breaks off says nothing about the system.
func TestBreakingOffIsNoFailure(t *testing.T) {
	guard := newGuard(t, quick)
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		_ = guard.Call(ctx, func(ctx context.Context) error { cancel(); return ctx.Err() })
	}
	if stands := guard.Standing(); stands.State != outside.Closed || stands.Failed != 0 {
		t.Errorf("stands %+v", stands)
	}
}

// No more calls than allowed are under way; who has waited long enough goes away.
func TestConcurrency(t *testing.T) {
	guard := newGuard(t, outside.Config{Concurrency: 2, MaxWait: 10 * time.Millisecond})
	release := make(chan struct{})
	var inside sync.WaitGroup
	var group sync.WaitGroup
	inside.Add(2)
	for range 2 {
		group.Go(func() {
			if err := guard.Call(context.Background(), func(context.Context) error { inside.Done(); <-release; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	inside.Wait()
	err := guard.Call(t.Context(), answer)
	if told, _ := fault.As(err); told == nil || told.Kind != fault.Exhausted || told.Reason != outside.ReasonBusy {
		t.Errorf("a third call: %v", err)
	}
	if stands := guard.Standing(); stands.InFlight != 2 {
		t.Errorf("stands %+v", stands)
	}
	close(release)
	group.Wait()
	if err := guard.Call(t.Context(), answer); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Calls begin at the rate. One that would wait longer than it may goes away at once with the time, and takes no turn.
func TestRate(t *testing.T) {
	guard := newGuard(t, outside.Config{CallsPerSecond: 50, MaxWait: time.Second})
	start := time.Now()
	for range 4 {
		if err := guard.Call(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 60*time.Millisecond {
		t.Errorf("four calls at 50 in a second took %s", took)
	}
	guard = newGuard(t, outside.Config{CallsPerSecond: 1, MaxWait: time.Millisecond})
	if err := guard.Call(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		told, _ := fault.As(guard.Call(t.Context(), answer))
		if told == nil || told.Reason != outside.ReasonBusy || told.RetryAfter < 900*time.Millisecond || told.RetryAfter > time.Second {
			t.Errorf("the next: %+v", told)
		}
	}
}

// A system that asks for a pause gets it from every caller, and its breaker stays closed.
func TestPauseIsKept(t *testing.T) {
	guard := newGuard(t, quick)
	busy := fault.New(fault.Exhausted, "SLOW_DOWN", "too many").WithRetryAfter(30 * time.Millisecond)
	if err := guard.Call(t.Context(), failing(busy)); !errors.Is(err, busy) {
		t.Fatal(err)
	}
	err := guard.Call(t.Context(), func(context.Context) error { t.Error("called within the pause"); return nil })
	if told, _ := fault.As(err); told == nil || told.Reason != outside.ReasonBusy || told.RetryAfter <= 0 {
		t.Errorf("held back with %v", err)
	}
	until(t, func() bool { return guard.Call(t.Context(), answer) == nil })
	if state := guard.Standing().State; state != outside.Closed {
		t.Errorf("state %d", state)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, config := range map[string]outside.Config{
		"deadline":    {Deadline: -1},
		"concurrency": {Concurrency: -1},
		"rate":        {CallsPerSecond: -1},
		"share":       {FailureBP: 10_001},
		"open":        {OpenFor: time.Hour},
		"calls":       {MinCalls: -1},
	} {
		if _, err := outside.New("a", "b", config, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// until waits until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it did not come to that")
		}
	}
}
