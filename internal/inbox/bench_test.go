package inbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
)

// noteSet is noteAll as a service does it: one statement for the set.
func noteSet(ctx context.Context, tx database.Transaction, batch []Message) error {
	keys, sequences := make([]string, len(batch)), make([]int64, len(batch))
	for i, message := range batch {
		keys[i], sequences[i] = message.Aggregate, message.Sequence
	}
	_, err := tx.Exec(ctx, `INSERT INTO effect (aggregate, place, sequence) SELECT unnest($1::TEXT[]), unnest($2::INT8[]), unnest($2::INT8[])`,
		keys, sequences)
	return err
}

func openOnce(b *testing.B) *world {
	b.Helper()
	db, err := database.Open(b.Context(), databasetest.URL(b, effects)) // transactions run once, unlike in tests
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	return worldOn(b, db)
}

// backlog fills the outbox with events of many aggregates, three each.
func backlog(b *testing.B, db *database.DB) {
	b.Helper()
	var events []outbox.Event
	for n := range b.N {
		sku := fmt.Sprint("ITEM-", n/3)
		events = append(events, outbox.Event{
			Aggregate: sku, Sequence: int64(n%3 + 1), Shard: shard.Of(sku), Payload: &masterdatav1.ItemChanged{Sku: sku},
		})
		if len(events) == 2000 || n == b.N-1 {
			_, err := database.Tx(b.Context(), db, "add", func(tx database.Transaction) (struct{}, error) {
				return struct{}{}, outbox.Add(b.Context(), tx, events...)
			})
			if err != nil {
				b.Fatal(err)
			}
			events = events[:0]
		}
	}
}

// BenchmarkRelayAndConsume takes events from the outbox to their committed effect.
func BenchmarkRelayAndConsume(b *testing.B) {
	w := openOnce(b)
	backlog(b, w.db)
	b.ResetTimer()
	start(b, outbox.NewRelay(w.db, w.bus, w.owner, outbox.Options{Log: quiet}).Run)
	w.consume(Options{Log: quiet}, noteSet)
	awaitEffects(b, w)
}

// BenchmarkConsume takes events from the broker to their committed effect.
func BenchmarkConsume(b *testing.B) {
	w := openOnce(b)
	backlog(b, w.db)
	stop := start(b, outbox.NewRelay(w.db, w.bus, w.owner, outbox.Options{Log: quiet}).Run)
	eventually(b, func() bool { return w.count(`SELECT count(*) FROM outbox`) == 0 })
	stop()
	b.ResetTimer()
	w.consume(Options{Log: quiet}, noteSet)
	awaitEffects(b, w)
}

func awaitEffects(b *testing.B, w *world) {
	b.Helper()
	late := time.After(5 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond) // counting costs the server time
	defer tick.Stop()
	for w.count(`SELECT count(*) FROM effect`) < b.N {
		select {
		case <-late:
			b.Fatal("the effects never came")
		case <-tick.C:
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkLatency is the time from the commit of one event to the commit of its effect, one after the other.
func BenchmarkLatency(b *testing.B) {
	w := openOnce(b)
	start(b, outbox.NewRelay(w.db, w.bus, w.owner, outbox.Options{Log: quiet}).Run)
	w.consume(Options{Log: quiet}, func(ctx context.Context, tx database.Transaction, batch []Message) error {
		tx.Notify("handled")
		return noteSet(ctx, tx, batch)
	})
	done, stop := w.db.Listen("handled")
	defer stop()
	b.ResetTimer()
	for n := range b.N {
		sku := fmt.Sprint("ITEM-", n)
		_, err := database.Tx(b.Context(), w.db, "add", func(tx database.Transaction) (struct{}, error) {
			return struct{}{}, outbox.Add(b.Context(), tx, outbox.Event{
				Aggregate: sku, Sequence: 1, Shard: shard.Of(sku), Payload: &masterdatav1.ItemChanged{Sku: sku},
			})
		})
		if err != nil {
			b.Fatal(err)
		}
		<-done
	}
}
