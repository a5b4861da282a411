package sandbox

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
)

// The reasons of what a dial has done.
const (
	ReasonError     = "SANDBOX_ERROR"
	ReasonOutage    = "SANDBOX_OUTAGE"
	ReasonReplyLost = "SANDBOX_REPLY_LOST"
	ReasonRefused   = "SANDBOX_REFUSED"
	ReasonRateLimit = "SANDBOX_RATE_LIMIT"
)

// heldBack is how long a call waits at most for a later one to pass.
const heldBack = 100 * time.Millisecond

// Box is the dials of one sandbox, and what it has counted. Safe for concurrent use.
type Box struct {
	system string
	clock  func() time.Time
	start  Dials

	mu     sync.Mutex
	dials  Dials
	chance *rand.Rand
	usage  Usage
	window window
	// passed is closed when the next call has passed.
	passed chan struct{}
}

// New makes the box of a system, such as "erp", with the dials that it has at its start.
func New(system string, start Dials, clock func() time.Time) *Box {
	b := &Box{system: system, clock: clock, start: start, passed: make(chan struct{})}
	b.Set(start)
	return b
}

// System is the system's name.
func (b *Box) System() string { return b.system }

// Dials are as they stand.
func (b *Box) Dials() Dials {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dials
}

// Set turns all dials.
func (b *Box) Set(dials Dials) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dials, b.chance = dials, newChance(dials.Seed)
}

// Reset turns the dials back to how they were at the start.
func (b *Box) Reset() { b.Set(b.start) }

// Usage is what was counted.
func (b *Box) Usage() Usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usage
}

// call lets a call through as the dials say, and within the system's limit when it is counted. Do is its effect; it may be done
// twice, or not at all.
func (b *Box) call(ctx context.Context, counted bool, do func(context.Context, fate) (any, error)) (any, error) {
	drawn := b.draw(counted)
	if drawn.overLimit > 0 {
		return nil, fault.New(fault.Exhausted, ReasonRateLimit, "the sandbox takes no more calls in this second").
			WithRetryAfter(drawn.overLimit)
	}
	if err := sleep(ctx, drawn.delay, nil); err != nil {
		return nil, err
	}
	if drawn.err != "" {
		return nil, fault.New(fault.Unavailable, drawn.err, "the sandbox was told to fail")
	}
	if drawn.reordered {
		if err := sleep(ctx, heldBack, b.next()); err != nil {
			return nil, err
		}
	}
	answer, err := do(ctx, drawn)
	if err == nil && drawn.duplicated {
		answer, err = do(ctx, drawn)
	}
	b.pass()
	if err == nil && drawn.replyLost {
		return nil, fault.New(fault.Deadline, ReasonReplyLost, "the sandbox was told to lose this answer")
	}
	return answer, err
}

// draw decides about a call and counts it.
func (b *Box) draw(counted bool) fate {
	now := b.clock()
	b.mu.Lock()
	defer b.mu.Unlock()
	drawn := b.dials.draw(b.chance, now)
	if counted {
		b.usage.Calls++
		if drawn.overLimit = b.window.wait(now, b.dials.CallsPerSecond); drawn.overLimit > 0 {
			b.usage.OverLimit++
			return drawn
		}
		b.usage.MostInASecond = max(b.usage.MostInASecond, int64(b.window.add(now)))
	}
	if drawn.err != "" || drawn.replyLost {
		b.usage.Failed++
	}
	if drawn.duplicated {
		b.usage.Duplicated++
	}
	if drawn.reordered {
		b.usage.Reordered++
	}
	return drawn
}

func (b *Box) refused(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.usage.Refused += int64(n)
}

// next is closed when the next call has passed.
func (b *Box) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.passed
}

func (b *Box) pass() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.passed)
	b.passed = make(chan struct{})
}

// sleep waits for the time to be over, or for early, and fails when ctx ends first.
func sleep(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	pace.Wait(ctx, d, early, nil)
	return ctx.Err()
}
