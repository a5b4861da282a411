// Package pace says when that is done again which is done again and again: after a while, on a nudge, later and later while
// it fails.
package pace

import (
	"context"
	"math/rand/v2"
	"time"
)

// Sleep returns after d or when ctx ends.
func Sleep(ctx context.Context, d time.Duration) { Wait(ctx, d, nil, nil) }

// Wait returns after d, when somebody wakes or something has changed, or when ctx ends. Nil channels never do. It returns at once when
// d is not above zero.
func Wait(ctx context.Context, d time.Duration, wake, changed <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-changed:
	case <-timer.C:
	}
}

// Every does work until ctx ends, and returns nil then: at once again while there is more of it, else after every. A failure
// goes to failed, unless it is that ctx has ended, and is followed by the same wait.
func Every(ctx context.Context, every time.Duration, failed func(error), work func(context.Context) (more bool, err error)) error {
	for ctx.Err() == nil {
		more, err := work(ctx)
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		if !more || err != nil {
			Sleep(ctx, every)
		}
	}
	return nil
}

// Double is the wait after so many failures in a row, 1 or more: first, doubled with each after the first, up to longest.
func Double(first, longest time.Duration, failures int) time.Duration {
	delay := first
	for range failures - 1 {
		if delay *= 2; delay >= longest {
			return longest
		}
	}
	return min(delay, longest)
}

// Backoff is Double with half of it left to chance, so that who failed together does not come back together.
func Backoff(first, longest time.Duration, failures int) time.Duration {
	return Jitter(Double(first, longest, failures))
}

// Jitter is between a half and the whole of a time.
func Jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// Outlive gives work under way a little time after the end of ctx, so that a stop in good order repeats nothing. Cancel it when
// the work is done.
func Outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}
