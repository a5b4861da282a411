package outbox

import (
	"fmt"
	"testing"
	"time"

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
	tick := time.NewTicker(50 * time.Millisecond) // counting costs the server time
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
