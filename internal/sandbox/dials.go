package sandbox

import (
	"math/rand/v2"
	"time"
)

// Dials say how a sandbox misbehaves. At zero a dial does nothing. Shares are in parts per ten thousand.
type Dials struct {
	// Delay is how long every call takes longer.
	Delay time.Duration
	// ErrorBP of the calls fail without an effect. RefusalBP of the elements of sets are refused for good.
	ErrorBP, RefusalBP int32
	// DuplicateBP of the calls arrive twice, ReorderBP after a later one, LostReplyBP take effect and are not answered.
	DuplicateBP, ReorderBP, LostReplyBP int32
	// OutageUntil is when the system is back.
	OutageUntil time.Time
	// CallsPerSecond is how many calls it takes. 0: any number.
	CallsPerSecond int32
	// Seed is what chance starts from. 0: anything.
	Seed uint64
}

// Usage is what a sandbox has counted.
type Usage struct {
	Calls, MostInASecond, OverLimit, Failed, Refused, Duplicated, Reordered int64
}

// whole is all of a share.
const whole = 10_000

// fate is what was drawn for one call.
type fate struct {
	err        string // the reason of its failure; empty: none
	overLimit  time.Duration
	delay      time.Duration
	duplicated bool
	reordered  bool
	replyLost  bool
	refusalBP  int32
	seed       uint64
}

// newChance makes the source of a box's luck.
func newChance(seed uint64) *rand.Rand {
	if seed == 0 {
		seed = rand.Uint64()
	}
	return rand.New(rand.NewPCG(seed, seed))
}

// draw decides about a call. Each call takes the same number of draws, whatever comes of them, so that the fate of the next one
// depends on its place only.
func (d Dials) draw(chance *rand.Rand, now time.Time) fate {
	hit := func(share int32) bool { return chance.Int32N(whole) < share }
	failed, duplicated, reordered, lost := hit(d.ErrorBP), hit(d.DuplicateBP), hit(d.ReorderBP), hit(d.LostReplyBP)
	drawn := fate{delay: d.Delay, duplicated: duplicated, reordered: reordered, replyLost: lost, refusalBP: d.RefusalBP, seed: d.Seed}
	switch {
	case now.Before(d.OutageUntil):
		return fate{err: ReasonOutage}
	case failed:
		return fate{err: ReasonError, delay: d.Delay}
	}
	return drawn
}

// window counts calls over the last second.
type window struct {
	// calls from first on are within it.
	calls []time.Time
	first int
}

// add counts a call and returns how many there were within the second that ends with it.
func (w *window) add(now time.Time) int {
	w.forget(now)
	w.calls = append(w.calls, now)
	return len(w.calls) - w.first
}

// forget drops what is older than a second.
func (w *window) forget(now time.Time) {
	for w.first < len(w.calls) && now.Sub(w.calls[w.first]) >= time.Second {
		w.first++
	}
	if w.first > len(w.calls)/2 {
		w.calls, w.first = append(w.calls[:0], w.calls[w.first:]...), 0
	}
}

// wait is how long to wait until one more call is within the limit; 0: not at all.
func (w *window) wait(now time.Time, limit int32) time.Duration {
	w.forget(now)
	if limit <= 0 || len(w.calls)-w.first < int(limit) {
		return 0
	}
	return max(time.Second-now.Sub(w.calls[len(w.calls)-int(limit)]), time.Millisecond)
}
