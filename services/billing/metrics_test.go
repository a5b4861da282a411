package billing

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/waybill-dev/waybill/internal/shard"
)

func valueOf(t *testing.T, gauge *prometheus.GaugeVec) float64 {
	t.Helper()
	if n := testutil.CollectAndCount(gauge); n != 1 {
		t.Fatalf("%d series, want that of the one company", n)
	}
	return testutil.ToFloat64(gauge)
}

// What was shipped and is not invoiced shows while the engine is away, and is 0, not gone, when it is back.
func TestLeakingRevenueShows(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.engine.setDown(true)
	w.run(w.service)
	order := priced("ACME", "10")
	w.granted(order)
	w.ship(shipped(order, 1, 7))
	w.eventually("the shards are owned", func() bool { return len(w.service.owner.Leases().Shards()) == shard.Count })
	m := newMetrics(nil) // the service's own belong to its goroutine
	w.service.measureInto(t.Context(), m)
	if minor, drafts, age := valueOf(t, m.amount), valueOf(t, m.invoices), valueOf(t, m.age); minor != 7000 || drafts != 1 || age <= 0 {
		t.Errorf("%v minor units in %v invoices, %v s old; want 7000 in 1, some time old", minor, drafts, age)
	}
	w.engine.setDown(false)
	w.eventually("it is invoiced", func() bool { return w.count("invoice WHERE state = 'ISSUED'") == 1 })
	w.service.measureInto(t.Context(), m)
	if minor, drafts, age := valueOf(t, m.amount), valueOf(t, m.invoices), valueOf(t, m.age); minor != 0 || drafts != 0 || age != 0 {
		t.Errorf("%v minor units in %v invoices, %v s old after the invoice; want nothing", minor, drafts, age)
	}
}
