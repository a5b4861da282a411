package batch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type result = batch.Result[int]

// gate is a run function that shows each set to the test and waits for its leave.
type gate struct {
	sets   chan []int
	leave  chan struct{}
	answer func(ctx context.Context, reqs []int) []result
}

func newGate() *gate {
	return &gate{sets: make(chan []int, 100), leave: make(chan struct{}), answer: double}
}

func (g *gate) run(ctx context.Context, reqs []int) []result {
	g.sets <- slices.Clone(reqs)
	<-g.leave
	return g.answer(ctx, reqs)
}

func double(_ context.Context, reqs []int) []result {
	results := make([]result, len(reqs))
	for i, req := range reqs {
		results[i].Value = 2 * req
	}
	return results
}

// outcome of one Do in the background.
type outcome struct {
	value int
	err   error
}

func do(ctx context.Context, c *batch.Coalescer[int, int], req int) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		value, err := c.Do(ctx, req)
		done <- outcome{value, err}
	}()
	return done
}

func closeNow(t *testing.T, c *batch.Coalescer[int, int]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// eventually waits for a condition that another goroutine brings about and no signal tells.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline, tick := time.After(10*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func wantOutcome(t *testing.T, done <-chan outcome, want int) {
	t.Helper()
	if got := <-done; got.err != nil || got.value != want {
		t.Errorf("outcome %d, %v; want %d", got.value, got.err, want)
	}
}

func TestALoneCallRunsAtOnce(t *testing.T) {
	c := batch.New(batch.Config{Name: "lone"}, double)
	defer closeNow(t, c)
	if got, err := c.Do(t.Context(), 21); err != nil || got != 42 {
		t.Errorf("Do = %d, %v", got, err)
	}
}

func TestCallsThatArriveMeanwhileShareTheNextBatch(t *testing.T) {
	g := newGate()
	c := batch.New(batch.Config{Name: "share", Writers: 1, MaxBatch: 3}, g.run)
	defer closeNow(t, c)
	first := do(t.Context(), c, 1)
	if set := <-g.sets; !slices.Equal(set, []int{1}) {
		t.Fatalf("first set %v", set)
	}
	var waiting []<-chan outcome
	for req := 2; req <= 5; req++ {
		waiting = append(waiting, do(t.Context(), c, req))
		eventually(t, "the call waits", func() bool { return c.Waiting() == req-1 })
	}
	close(g.leave)
	wantOutcome(t, first, 2)
	for i, done := range waiting {
		wantOutcome(t, done, 2*(i+2))
	}
	if set := <-g.sets; !slices.Equal(set, []int{2, 3, 4}) {
		t.Errorf("second set %v, want 2 3 4: in order of arrival, at most three", set)
	}
	if set := <-g.sets; !slices.Equal(set, []int{5}) {
		t.Errorf("third set %v, want 5", set)
	}
}

func TestAtMostWritersBatchesRunSideBySide(t *testing.T) {
	g := newGate()
	c := batch.New(batch.Config{Name: "writers", Writers: 2, MaxBatch: 1}, g.run)
	defer closeNow(t, c)
	var all []<-chan outcome
	for req := range 5 {
		all = append(all, do(t.Context(), c, req))
	}
	<-g.sets
	<-g.sets
	eventually(t, "three wait", func() bool { return c.Waiting() == 3 })
	if len(g.sets) != 0 {
		t.Error("a third batch started beside two")
	}
	close(g.leave)
	for req, done := range all {
		wantOutcome(t, done, 2*req)
	}
}

func TestAHeavyRequestRunsInItsOwnBatch(t *testing.T) {
	sets := make(chan []heavy, 10)
	leave := make(chan struct{})
	c := batch.New(batch.Config{Name: "heavy", Writers: 1, MaxWeight: 10}, func(_ context.Context, reqs []heavy) []result {
		sets <- slices.Clone(reqs)
		<-leave
		return make([]result, len(reqs))
	})
	var all sync.WaitGroup
	for i, weight := range []heavy{1, 4, 6, 50, 0, 9} {
		all.Go(func() {
			if _, err := c.Do(t.Context(), weight); err != nil {
				t.Error(err)
			}
		})
		if i == 0 {
			<-sets
		} else {
			eventually(t, "the call waits", func() bool { return c.Waiting() == i })
		}
	}
	close(leave)
	all.Wait()
	for _, want := range [][]heavy{{4, 6}, {50}, {0, 9}} {
		if got := <-sets; !slices.Equal(got, want) {
			t.Errorf("set %v, want %v", got, want)
		}
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

type heavy int

func (h heavy) BatchWeight() int { return int(h) }

func TestAFullQueueRefuses(t *testing.T) {
	registry := prometheus.NewRegistry()
	g := newGate()
	c := batch.New(batch.Config{Name: "full", Writers: 1, MaxQueue: 2, Registerer: registry}, g.run)
	defer closeNow(t, c)
	all := []<-chan outcome{do(t.Context(), c, 0)}
	<-g.sets
	all = append(all, do(t.Context(), c, 1), do(t.Context(), c, 2))
	eventually(t, "two wait", func() bool { return c.Waiting() == 2 })

	_, err := c.Do(t.Context(), 3)
	refused, ok := fault.As(err)
	if !ok || refused.Kind != fault.Exhausted || refused.Reason != batch.ReasonQueueFull || refused.RetryAfter <= 0 {
		t.Errorf("a call on a full queue: %v, want QUEUE_FULL with a delay", err)
	}
	close(g.leave)
	for req, done := range all {
		wantOutcome(t, done, 2*req)
	}
	want := `
# HELP waybill_batch_refused_total Requests refused because the queue was full.
# TYPE waybill_batch_refused_total counter
waybill_batch_refused_total{batch="full"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "waybill_batch_refused_total"); err != nil {
		t.Error(err)
	}
}

func TestTwoCoalescersShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"one", "two"} {
		c := batch.New(batch.Config{Name: name, Registerer: registry}, double)
		if _, err := c.Do(t.Context(), 1); err != nil {
			t.Error(err)
		}
		closeNow(t, c)
	}
	if count, err := testutil.GatherAndCount(registry, "waybill_batch_size"); err != nil || count != 2 {
		t.Errorf("%d histograms of batch sizes, %v; want 2", count, err)
	}
}

func TestACallerThatGivesUpDoesNotUndo(t *testing.T) {
	g := newGate()
	ended := make(chan error, 1)
	g.answer = func(ctx context.Context, reqs []int) []result {
		ended <- ctx.Err()
		return double(ctx, reqs)
	}
	c := batch.New(batch.Config{Name: "giveup", Writers: 1}, g.run)
	defer closeNow(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	leaver := do(ctx, c, 1)
	<-g.sets
	cancel()
	if got := <-leaver; !errors.Is(got.err, context.Canceled) {
		t.Errorf("the leaver got %d, %v", got.value, got.err)
	}
	close(g.leave)
	if err := <-ended; err != nil {
		t.Errorf("the batch's context ended with its caller's: %v", err)
	}
}

func TestACallerThatLeftBeforeItsBatchIsLeftOut(t *testing.T) {
	g := newGate()
	c := batch.New(batch.Config{Name: "dropped", Writers: 1}, g.run)
	defer closeNow(t, c)
	first := do(t.Context(), c, 1)
	<-g.sets
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, nil)
	leaver := do(ctx, c, 2)
	eventually(t, "one waits", func() bool { return c.Waiting() == 1 })
	stayer := do(t.Context(), c, 3)
	eventually(t, "two wait", func() bool { return c.Waiting() == 2 })
	cancel()
	<-leaver
	close(g.leave)
	wantOutcome(t, first, 2)
	wantOutcome(t, stayer, 6)
	if set := <-g.sets; !slices.Equal(set, []int{3}) {
		t.Errorf("second set %v, want 3 alone", set)
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	g := newGate()
	c := batch.New(batch.Config{Name: "deadline", Writers: 1}, g.run)
	defer closeNow(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := c.Do(ctx, 1)
	if fault.KindOf(err) != fault.Deadline || fault.ReasonOf(err) != batch.ReasonDeadline {
		t.Errorf("a caller out of time: %v, want DEADLINE_EXCEEDED", err)
	}
	if _, err := c.Do(ctx, 2); fault.KindOf(err) != fault.Deadline {
		t.Errorf("a caller that comes too late: %v", err)
	}
	close(g.leave)
}

func TestABatchHasItsOwnTimeout(t *testing.T) {
	c := batch.New(batch.Config{Name: "timeout", Timeout: time.Millisecond}, func(ctx context.Context, reqs []int) []result {
		<-ctx.Done()
		return batch.Fail[int](len(reqs), ctx.Err())
	})
	defer closeNow(t, c)
	if _, err := c.Do(t.Context(), 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the batch's deadline", err)
	}
}

func TestDoAllAnswersEachInItsOrder(t *testing.T) {
	c := batch.New(batch.Config{Name: "all", Writers: 1, MaxQueue: 8}, func(_ context.Context, reqs []int) []result {
		results := make([]result, len(reqs))
		for i, req := range reqs {
			if results[i].Value = req * 2; req == 3 {
				results[i].Err = errors.New("three")
			}
		}
		return results
	})
	for i, got := range c.DoAll(t.Context(), []int{1, 2, 3, 4}) {
		if want := (i + 1) * 2; got.Value != want || (got.Err != nil) != (i == 2) {
			t.Errorf("result %d: %+v", i, got)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i, got := range c.DoAll(gone, []int{1, 2}) {
		if !errors.Is(got.Err, context.Canceled) {
			t.Errorf("result %d: %+v", i, got)
		}
	}
}
