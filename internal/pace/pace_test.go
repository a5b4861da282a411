package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/internal/pace"
)

func TestDouble(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 2, 2: 4, 3: 8, 4: 10, 5: 10, 1 << 20: 10} {
		if got := pace.Double(2, 10, failures); got != want {
			t.Errorf("after %d failures %d, want %d", failures, got, want)
		}
	}
	if got := pace.Double(time.Minute, time.Hour, 1<<30); got != time.Hour {
		t.Errorf("a large number of failures: %v", got)
	}
	if got := pace.Double(20, 10, 1); got != 10 {
		t.Errorf("a first wait above the longest: %d", got)
	}
}

func TestBackoffIsBetweenAHalfAndTheWhole(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 200 {
		got := pace.Backoff(10, 100, 2)
		if got < 10 || got > 20 {
			t.Fatalf("%d", got)
		}
		seen[got] = true
	}
	if len(seen) < 5 {
		t.Errorf("always the same: %v", seen)
	}
}

func TestWaitEndsByWhateverComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := func(wait func()) time.Duration {
			begun := time.Now()
			wait()
			return time.Since(begun)
		}
		nudged := make(chan struct{}, 1)
		nudged <- struct{}{}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for name, got := range map[string]time.Duration{
			"time":    took(func() { pace.Sleep(t.Context(), time.Second) }) - time.Second,
			"nothing": took(func() { pace.Sleep(t.Context(), 0) }),
			"wake":    took(func() { pace.Wait(t.Context(), time.Second, nudged, nil) }),
			"ctx":     took(func() { pace.Sleep(ended, time.Second) }),
		} {
			if got != 0 {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

// More is done at once, nothing more and a failure wait.
func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begun, failures := time.Now(), 0
		var at []time.Duration
		err := pace.Every(ctx, time.Minute, func(error) { failures++ }, func(context.Context) (bool, error) {
			at = append(at, time.Since(begun))
			switch len(at) {
			case 1:
				return true, nil
			case 2:
				return true, errors.New("broken")
			case 4:
				cancel()
				return false, errors.New("ended")
			}
			return false, nil
		})
		if err != nil || failures != 1 || len(at) != 4 || at[1] != 0 || at[2] != time.Minute || at[3] != 2*time.Minute {
			t.Errorf("%v, %d failures, at %v", err, failures, at)
		}
	})
}

// Work under way has a little time after the end, and none after that.
func TestOutlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		longer, done := pace.Outlive(ctx, time.Second)
		defer done()
		end()
		pace.Sleep(context.WithoutCancel(ctx), time.Second-1)
		if longer.Err() != nil {
			t.Error("it ended too early")
		}
		pace.Sleep(context.WithoutCancel(ctx), 2)
		if longer.Err() == nil {
			t.Error("it goes on")
		}
	})
}
