package batch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/fault"
)

// oneSet makes the coalescer run the requests as one set of the given run function, after a first call with request 0.
func oneSet(t *testing.T, run func(ctx context.Context, reqs []int) []result, reqs ...int) []outcome {
	t.Helper()
	return oneSetWithin(t, time.Minute, run, reqs...)
}

func oneSetWithin(
	t *testing.T, timeout time.Duration, run func(ctx context.Context, reqs []int) []result, reqs ...int,
) []outcome {
	t.Helper()
	g := newGate()
	first := true
	c := batch.New(batch.Config{Name: "set", Writers: 1, Timeout: timeout}, func(ctx context.Context, reqs []int) []result {
		if first {
			first = false
			return g.run(ctx, reqs)
		}
		return run(ctx, reqs)
	})
	defer closeNow(t, c)
	opener := do(t.Context(), c, 0)
	<-g.sets
	var waiting []<-chan outcome
	for i, req := range reqs {
		waiting = append(waiting, do(t.Context(), c, req))
		eventually(t, "the call waits", func() bool { return c.Waiting() == i+1 })
	}
	close(g.leave)
	wantOutcome(t, opener, 0)
	outcomes := make([]outcome, len(reqs))
	for i, done := range waiting {
		outcomes[i] = <-done
	}
	return outcomes
}

func TestABadRequestFailsAlone(t *testing.T) {
	bad := fault.New(fault.Invalid, "BAD", "three is bad")
	run := func(ctx context.Context, reqs []int) []result {
		results := double(ctx, reqs)
		if i := slices.Index(reqs, 3); i >= 0 {
			results[i].Err = bad
		}
		return results
	}
	for i, got := range oneSet(t, run, 1, 2, 3, 4) {
		if i == 2 {
			if !errors.Is(got.err, bad) {
				t.Errorf("the bad request: %v", got.err)
			}
		} else if got.err != nil || got.value != 2*(i+1) {
			t.Errorf("request %d: %d, %v", i+1, got.value, got.err)
		}
	}
}

func TestASetThatFailsIsHalved(t *testing.T) {
	broken := errors.New("violates check constraint")
	var sets [][]int
	run := func(ctx context.Context, reqs []int) []result {
		sets = append(sets, slices.Clone(reqs))
		if slices.Contains(reqs, 3) {
			return batch.Fail[int](len(reqs), broken)
		}
		return double(ctx, reqs)
	}
	for i, got := range oneSet(t, run, 1, 2, 3, 4, 5) {
		if i == 2 {
			if got.err != broken { //nolint:errorlint // not even a wrapper must be left
				t.Errorf("the bad request: %v", got.err)
			}
		} else if got.err != nil || got.value != 2*(i+1) {
			t.Errorf("request %d: %d, %v", i+1, got.value, got.err)
		}
	}
	want := [][]int{{1, 2, 3, 4, 5}, {1, 2}, {3, 4, 5}, {3}, {4, 5}}
	if !slices.EqualFunc(sets, want, slices.Equal) {
		t.Errorf("sets %v, want %v", sets, want)
	}
}

func TestAFailureThatMayPassIsNotHalved(t *testing.T) {
	for _, cause := range []error{
		fault.New(fault.Unavailable, "DATABASE_UNAVAILABLE", "down"), context.DeadlineExceeded, context.Canceled,
	} {
		var runs atomic.Int32
		run := func(_ context.Context, reqs []int) []result {
			runs.Add(1)
			return batch.Fail[int](len(reqs), cause)
		}
		for _, got := range oneSet(t, run, 1, 2, 3) {
			if !errors.Is(got.err, cause) {
				t.Errorf("got %v, want %v", got.err, cause)
			}
		}
		if runs.Load() != 1 {
			t.Errorf("%v: run %d times", cause, runs.Load())
		}
	}
}

func TestASetOutOfTimeIsNotHalved(t *testing.T) {
	var runs atomic.Int32
	run := func(ctx context.Context, reqs []int) []result {
		runs.Add(1)
		<-ctx.Done()
		return batch.Fail[int](len(reqs), errors.New("conn closed"))
	}
	oneSetWithin(t, time.Millisecond, run, 1, 2, 3)
	if runs.Load() != 1 {
		t.Errorf("run %d times", runs.Load())
	}
}

func TestAPanicHitsOnlyTheRequestThatCausesIt(t *testing.T) {
	run := func(ctx context.Context, reqs []int) []result {
		if slices.Contains(reqs, 2) {
			panic("two")
		}
		return double(ctx, reqs)
	}
	outcomes := oneSet(t, run, 1, 2, 3)
	if outcomes[0].value != 2 || outcomes[2].value != 6 || outcomes[0].err != nil || outcomes[2].err != nil {
		t.Errorf("the others: %+v", outcomes)
	}
	err := outcomes[1].err
	if err == nil || fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "panic: two") ||
		!strings.Contains(err.Error(), "work_test.go") {
		t.Errorf("the culprit: %v, want the panic and its stack", err)
	}
}

func TestAWrongNumberOfResultsIsAnErrorForAll(t *testing.T) {
	var runs atomic.Int32
	run := func(ctx context.Context, reqs []int) []result {
		runs.Add(1)
		return double(ctx, reqs[1:])
	}
	for _, got := range oneSet(t, run, 1, 2) {
		if got.err == nil || got.value != 0 {
			t.Errorf("got %d, %v", got.value, got.err)
		}
	}
	if runs.Load() != 1 {
		t.Errorf("run %d times: something may have been stored the first time", runs.Load())
	}
}

func TestCloseDrains(t *testing.T) {
	g := newGate()
	c := batch.New(batch.Config{Name: "close", Writers: 1}, g.run)
	first := do(t.Context(), c, 1)
	<-g.sets
	second := do(t.Context(), c, 2)
	eventually(t, "one waits", func() bool { return c.Waiting() == 1 })
	closed := make(chan error, 1)
	go func() { closed <- c.Close(t.Context()) }()
	eventually(t, "it is closed", c.Closed)
	if _, err := c.Do(t.Context(), 3); fault.ReasonOf(err) != batch.ReasonClosing || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a call after Close: %v, want SHUTTING_DOWN", err)
	}
	if len(closed) != 0 {
		t.Error("Close returned with work under way")
	}
	close(g.leave)
	wantOutcome(t, first, 2)
	wantOutcome(t, second, 4)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	closeNow(t, c) // again, on a coalescer that is closed
}

func TestCloseWithoutPatience(t *testing.T) {
	started := make(chan struct{}, 1)
	c := batch.New(batch.Config{Name: "impatient", Writers: 1, Timeout: time.Hour}, func(ctx context.Context, reqs []int) []result {
		started <- struct{}{}
		<-ctx.Done()
		return batch.Fail[int](len(reqs), ctx.Err())
	})
	first := do(t.Context(), c, 1)
	<-started
	second := do(t.Context(), c, 2)
	eventually(t, "one waits", func() bool { return c.Waiting() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v, want that time is over", err)
	}
	if got := <-first; !errors.Is(got.err, context.Canceled) {
		t.Errorf("the call in the running batch: %v", got.err)
	}
	if got := <-second; fault.ReasonOf(got.err) != batch.ReasonClosing {
		t.Errorf("the call that waited: %v, want SHUTTING_DOWN", got.err)
	}
	closeNow(t, c)
}

// Many callers, some of them impatient, some requests bad: everybody who waits gets the answer to his own request.
func TestUnderLoad(t *testing.T) {
	c := batch.New(batch.Config{Name: "load", MaxBatch: 16, MaxQueue: 10_000}, func(ctx context.Context, reqs []int) []result {
		if len(reqs) > 16 {
			t.Errorf("a batch of %d", len(reqs))
		}
		if slices.Contains(reqs, 777) {
			panic("777")
		}
		return double(ctx, reqs)
	})
	const calls = 5000
	var all []<-chan outcome
	for req := range calls {
		ctx := t.Context()
		if req%10 == 0 {
			short, cancel := context.WithTimeout(ctx, time.Duration(req)*time.Microsecond)
			defer cancel()
			ctx = short
		}
		all = append(all, do(ctx, c, req))
	}
	for req, done := range all {
		got := <-done
		switch {
		case req == 777:
			if got.err == nil {
				t.Error("the request that panics has a result")
			}
		case got.err != nil && req%10 != 0, got.err == nil && got.value != 2*req:
			t.Errorf("request %d: %d, %v", req, got.value, got.err)
		}
	}
	closeNow(t, c)
}
