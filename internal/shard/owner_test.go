package shard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
)

// run runs an owner until the returned stop is called, or the test ends.
func run(t *testing.T, o *Owner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// await waits until the owner holds so many shards.
func await(t *testing.T, o *Owner, shards int) Leases {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		changed := o.Changed()
		if got := o.Leases(); len(got.Shards()) == shards {
			return got
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("holds %v, want %d shards", o.Leases().Shards(), shards)
		}
	}
}

func check(t *testing.T, db *database.DB, leases Leases) error {
	t.Helper()
	_, err := database.Tx(t.Context(), db, "check", func(tx database.Transaction) (struct{}, error) {
		return struct{}{}, leases.Check(t.Context(), tx)
	})
	return err
}

func TestOwnersShareAndGiveBack(t *testing.T) {
	db := databasetest.New(t, nil)
	ignore := goleak.IgnoreCurrent()
	registry := prometheus.NewRegistry()
	first := NewOwner(db, "work", Lease(time.Second), Metrics(registry))
	stopFirst := run(t, first)
	alone := await(t, first, Count)
	if err := check(t, db, alone); err != nil {
		t.Fatalf("the owner of all is refused: %v", err)
	}

	second := NewOwner(db, "work", Lease(time.Second))
	stopSecond := run(t, second)
	half := await(t, first, Count/2)
	other := await(t, second, Count/2)
	if err := check(t, db, half); err != nil {
		t.Fatalf("the first owner is refused for what it kept: %v", err)
	}
	if err := check(t, db, other); err != nil {
		t.Fatalf("the second owner is refused: %v", err)
	}
	if err := check(t, db, alone); fault.ReasonOf(err) != ReasonLeaseLost {
		t.Fatalf("got %v, want %s for shards that were taken over", err, ReasonLeaseLost)
	}
	if got := testutil.ToFloat64(ownedGauge(registry, db.Name(), "work")); got != Count/2 {
		t.Fatalf("the gauge shows %v", got)
	}

	stopFirst()
	if !first.Leases().Empty() {
		t.Fatal("a stopped owner still owns")
	}
	await(t, second, Count)
	stopSecond()
	goleak.VerifyNone(t, ignore)
}

func TestGroupsAreApart(t *testing.T) {
	db := databasetest.New(t, nil)
	first, second := NewOwner(db, "one", Lease(time.Second)), NewOwner(db, "two", Lease(time.Second))
	run(t, first)
	run(t, second)
	await(t, first, Count)
	await(t, second, Count)
}

// A replica that dies without a word costs one lease time. When it wakes up it is refused, and its next renewal shows
// it that it owns nothing.
func TestTakeOverFencesTheLateOwner(t *testing.T) {
	db := databasetest.New(t, nil)
	late := NewOwner(db, "work", Lease(300*time.Millisecond))
	if err := late.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := await(t, late, Count) // and never renewed again
	next := NewOwner(db, "work", Lease(300*time.Millisecond))
	run(t, next)
	await(t, next, Count)
	if !late.Leases().Empty() {
		t.Fatal("the late owner still believes that it owns")
	}
	if err := check(t, db, before); fault.ReasonOf(err) != ReasonLeaseLost || fault.KindOf(err) != fault.Conflict {
		t.Fatalf("got %v, want %s", err, ReasonLeaseLost)
	}
	if err := check(t, db, Leases{}); fault.ReasonOf(err) != ReasonLeaseLost {
		t.Fatalf("got %v for no leases at all, want %s", err, ReasonLeaseLost)
	}
	if err := late.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := late.Leases(); got == before {
		t.Fatal("the late owner got its old epochs back")
	}
}

// The late owner has passed the fence and has not yet committed when another takes over and works. Whatever rows the two
// write, only one of them may stand.
func TestFenceHoldsUntilCommit(t *testing.T) {
	for _, test := range []struct{ name, lateWrites, nextWrites string }{
		{"same row", "a", "a"},
		{"different rows, each read by the other", "a", "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db, err := database.Open(t.Context(), databasetest.URL(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			late := NewOwner(db, "work", Lease(100*time.Millisecond))
			if err := late.renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			leases := late.leases // the local clock would hide them
			next := NewOwner(db, "work", Lease(time.Minute))

			work := func(tx database.Transaction, leases Leases, row string) error {
				if err := leases.Check(t.Context(), tx); err != nil {
					return err
				}
				var sum int64
				if err := tx.QueryRow(t.Context(), `SELECT COALESCE(sum(sequence), 0) FROM inbox_cursor`).Scan(&sum); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `INSERT INTO inbox_cursor (consumer, shard, aggregate, sequence) VALUES ('c', 0, $1, $2)
					ON CONFLICT (consumer, shard, aggregate) DO UPDATE SET sequence = excluded.sequence`, row, sum+1)
				return err
			}
			tookOver := false
			_, err = database.Tx(t.Context(), db, "late", func(tx database.Transaction) (struct{}, error) {
				if err := leases.Check(t.Context(), tx); err != nil {
					return struct{}{}, err
				}
				if !tookOver { // once: the closure runs again after the conflict
					tookOver = true
					if err := awaitTakeOver(t, next); err != nil {
						return struct{}{}, err
					}
					_, err := database.Tx(t.Context(), db, "next", func(tx database.Transaction) (struct{}, error) {
						return struct{}{}, work(tx, next.Leases(), test.nextWrites)
					})
					if err != nil {
						return struct{}{}, fmt.Errorf("the new owner was refused: %w", err)
					}
				}
				return struct{}{}, work(tx, leases, test.lateWrites)
			})
			if fault.ReasonOf(err) != ReasonLeaseLost {
				t.Fatalf("the late owner got %v, want %s", err, ReasonLeaseLost)
			}
			var rows int
			if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM inbox_cursor`).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			if rows != 1 {
				t.Fatalf("%d rows were written, want the new owner's only", rows)
			}
		})
	}
}

// awaitTakeOver renews until everything is taken.
func awaitTakeOver(t *testing.T, o *Owner) error {
	t.Helper()
	for late := time.Now().Add(10 * time.Second); time.Now().Before(late); {
		if err := o.renew(t.Context()); err != nil {
			return err
		}
		if len(o.Leases().Shards()) == Count {
			return nil
		}
	}
	return errors.New("never took over")
}

// While the database refuses, leases end by themselves and Changed tells it.
func TestLeasesEndWithoutRenewal(t *testing.T) {
	url := databasetest.URL(t, nil)
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	o := NewOwner(db, "work", Lease(200*time.Millisecond))
	run(t, o)
	await(t, o, Count)
	db.Close()
	await(t, o, 0)
}
