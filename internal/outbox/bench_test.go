package outbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// BenchmarkAdd stores events in transactions of 200, as a coalesced handler does.
func BenchmarkAdd(b *testing.B) {
	db := openOnce(b)
	for n := 0; n < b.N; n += 200 {
		events := make([]Event, 200)
		for i := range events {
			events[i] = item(fmt.Sprint("ITEM-", n+i), 1)
		}
		add(b, db, events...)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRelay publishes a backlog and deletes it: events of many aggregates, three each.
func BenchmarkRelay(b *testing.B) {
	db := openOnce(b)
	broker := newBroker(b)
	o, _ := owner(b, db, time.Minute)
	var events []Event
	for n := range b.N {
		events = append(events, item(fmt.Sprint("ITEM-", n/3), int64(n%3+1)))
		if len(events) == 2000 || n == b.N-1 {
			add(b, db, events...)
			events = events[:0]
		}
	}
	b.ResetTimer()
	start(b, NewRelay(db, broker.Bus, o, Options{Log: quiet}).Run)
	tick := time.NewTicker(250 * time.Millisecond) // counting costs the server time
	defer tick.Stop()
	for count(b, db, "outbox") > 0 {
		<-tick.C
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// openOnce opens a database whose transactions run once only, unlike those of tests.
func openOnce(b *testing.B) *database.DB {
	b.Helper()
	db, err := database.Open(b.Context(), databasetest.URL(b, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	return db
}

// BenchmarkStateLatency is the time from the commit of a change to the subscriber who sees it, one after the other.
func BenchmarkStateLatency(b *testing.B) {
	db := openOnce(b)
	broker := newBroker(b)
	o, _ := owner(b, db, time.Minute)
	s := newShelf()
	start(b, NewRelay(db, broker.Bus, o, s.options()).Run)
	w := watch(b, broker.Bus)
	pause := time.NewTicker(40 * time.Millisecond) // longer than StateInterval: each change is told alone
	defer pause.Stop()
	var worst, sum time.Duration
	b.ResetTimer()
	for range b.N {
		<-pause.C
		changed := time.Now()
		s.change(b, db, key("A", "N"))
		nextState(b, w)
		took := time.Since(changed)
		worst, sum = max(worst, took), sum+took
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs/change")
	b.ReportMetric(float64(worst.Microseconds()), "µs/worst")
}

// BenchmarkStateBurst changes few keys as fast as the database commits, and tells how many messages that became and how
// old the last one was when it was seen.
func BenchmarkStateBurst(b *testing.B) {
	db := openOnce(b)
	broker := newBroker(b)
	o, _ := owner(b, db, time.Minute)
	s := newShelf()
	relay := NewRelay(db, broker.Bus, o, s.options())
	start(b, relay.Run)
	w := watch(b, broker.Bus)
	b.ResetTimer()
	for n := range b.N {
		s.change(b, db, key(fmt.Sprint("ITEM-", n%50), "N"), key("HOT", "N"))
	}
	committed := time.Now()
	for {
		if got := nextState(b, w); got.Parts[0] == "HOT" && got.Version == int64(b.N) {
			break
		}
	}
	b.ReportMetric(float64(time.Since(committed).Microseconds()), "µs/last")
	b.ReportMetric(testutil.ToFloat64(relay.metrics.states)/float64(2*b.N), "messages/change")
}
