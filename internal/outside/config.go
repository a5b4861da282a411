package outside

import (
	"cmp"
	"errors"
	"time"
)

// Config is the bounds of one service's calls of one connector. The zero value of each field is its default.
type Config struct {
	// Deadline is how long one call may take. As long as the contract says.
	Deadline time.Duration
	// Concurrency is how many calls may be under way at once. 16.
	Concurrency int
	// CallsPerSecond is how many calls may begin in any second; replicas of a service share what the outside system allows, so each
	// gets its part of it. 0: any number.
	CallsPerSecond int
	// MaxWait is how long a call waits for its turn before it is held back. 5 s.
	MaxWait time.Duration
	// Window is over how long failures are counted, MinCalls how many calls make a judgement. 10 s, 5.
	Window   time.Duration
	MinCalls int
	// FailureBP is the share of failed calls that opens the breaker, in parts per ten thousand. 5000.
	FailureBP int
	// OpenFor is how long nothing is let through at first, MaxOpenFor at most: it doubles while the system stays away. 1 s, 30 s.
	OpenFor, MaxOpenFor time.Duration
}

func (c Config) withDefaults() (Config, error) {
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.MaxWait = cmp.Or(c.MaxWait, 5*time.Second)
	c.Window = cmp.Or(c.Window, 10*time.Second)
	c.MinCalls = cmp.Or(c.MinCalls, 5)
	c.FailureBP = cmp.Or(c.FailureBP, 5000)
	c.OpenFor = cmp.Or(c.OpenFor, time.Second)
	c.MaxOpenFor = cmp.Or(c.MaxOpenFor, 30*time.Second)
	switch {
	case c.Deadline < 0 || c.MaxWait < 0 || c.Window < 0 || c.OpenFor < 0 || c.MaxOpenFor < c.OpenFor:
		return c, errors.New("outside: a time is negative, or the longest below the first")
	case c.Concurrency < 1 || c.CallsPerSecond < 0 || c.MinCalls < 1:
		return c, errors.New("outside: a number of calls is too small")
	case c.FailureBP < 1 || c.FailureBP > 10_000:
		return c, errors.New("outside: a share is 1 to 10000 parts per ten thousand")
	}
	return c, nil
}
