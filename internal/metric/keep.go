package metric

import (
	"context"
	"time"
)

// Interval is how often what must be read from a database is measured.
const Interval = 15 * time.Second

// Keep measures at once and after each interval, until ctx ends. Then it returns nil.
func Keep(ctx context.Context, interval time.Duration, measure func(context.Context)) error {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		measure(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}
