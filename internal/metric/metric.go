// Package metric registers Prometheus collectors where several parts of one process share a registry: relays, consumers
// and owners of several services then count on one collector, told apart by labels.
package metric

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers a collector and returns it, or the one of the same name and labels that is there already. Without
// a registerer the collector counts for nobody. It panics when the name is taken by a collector of another shape, which
// is a defect that shows at the first start.
func Register[C prometheus.Collector](registerer prometheus.Registerer, collector C) C {
	if registerer == nil {
		return collector
	}
	err := registerer.Register(collector)
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := known.ExistingCollector.(C); ok {
			return same
		}
	}
	if err != nil {
		panic(fmt.Errorf("register metrics: %w", err))
	}
	return collector
}
