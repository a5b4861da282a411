// Package metrics registers Prometheus collectors that several parts of one process share.
package metrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the collector, or gives the one that is there already when another part of the process was first.
// Without a registerer the collector works and nobody reads it.
func Register[C prometheus.Collector](registerer prometheus.Registerer, collector C) (C, error) {
	if registerer == nil {
		return collector, nil
	}
	err := registerer.Register(collector)
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := known.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	if err != nil {
		return collector, fmt.Errorf("register metrics: %w", err)
	}
	return collector, nil
}
