package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/reconcile"
)

const (
	// patience is how long what an outside system has not been told may still be on its way: queues drain at that system's rate.
	patience = 30 * time.Second
	look     = 200 * time.Millisecond
	// maxListed is how many breaks of one equation are listed.
	maxListed = 1000
)

// betweenServices compares what the services say of the same things.
func betweenServices(ctx context.Context, source reconcile.Source) ([]reconcile.Finding, error) {
	var findings []reconcile.Finding
	for _, equation := range reconcile.Equations() {
		found, err := settled(ctx, source, equation)
		if err != nil {
			return nil, fmt.Errorf("compare services: %w", err)
		}
		findings = append(findings, found)
	}
	return findings, nil
}

// settled compares the sides of an equation. What stands in a queue for an outside system is waited for, as long as the queue drains;
// what stands there still is no break: it is kept, and the system will be told of it.
func settled(ctx context.Context, source reconcile.Source, equation reconcile.Equation) (reconcile.Finding, error) {
	before, deadline := int64(-1), time.Now().Add(patience)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		found, err := reconcile.Examine(ctx, source, equation, maxListed)
		if err != nil || !equation.Drains {
			return found, err
		}
		if found.Broken != before {
			before, deadline = found.Broken, time.Now().Add(patience)
		}
		if before == 0 {
			return found, nil
		}
		if time.Now().After(deadline) {
			return withoutQueued(ctx, source, equation, found)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return found, ctx.Err()
		}
	}
}

// withoutQueued leaves out the breaks about what stands in a queue, of those that are listed.
func withoutQueued(ctx context.Context, source reconcile.Source, equation reconcile.Equation, found reconcile.Finding) (reconcile.Finding, error) {
	subjects := map[string]bool{}
	for _, one := range found.Breaks {
		subjects[one.Key.Subject] = true
	}
	queued, err := reconcile.UnderWay(ctx, source, equation, subjects)
	if err != nil {
		return found, err
	}
	listed := len(found.Breaks)
	found.Breaks = slices.DeleteFunc(found.Breaks, func(one reconcile.Break) bool { return queued[one.Key.Subject] })
	found.Broken -= int64(listed - len(found.Breaks))
	return found, nil
}
