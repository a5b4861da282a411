package audit

import (
	"context"
	"fmt"
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

// settled compares the sides of an equation. What stands in a queue for an outside system is waited for, as long as the queue drains.
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
		if before == 0 || time.Now().After(deadline) {
			return found, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return found, ctx.Err()
		}
	}
}
