package database_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
)

// Both may take 150 from one account as long as the two accounts together stay above zero. Each alone is right; at a
// weaker isolation both would take it.
func TestWriteSkewIsRunAgain(t *testing.T) {
	db, ctx := open(t), limited(t)
	together := newMeeting(2)
	var attempts, taken atomic.Int32
	take := func(name string) error {
		_, err := database.Tx(ctx, db, "take", func(tx database.Transaction) (struct{}, error) {
			attempts.Add(1)
			a, errA := amount(ctx, tx, "a")
			b, errB := amount(ctx, tx, "b")
			if err := errors.Join(errA, errB, together.wait(ctx)); err != nil {
				return struct{}{}, err
			}
			if a+b < 150 {
				return struct{}{}, fault.New(fault.Precondition, "TOO_LITTLE", "only %d left", a+b)
			}
			mine := map[string]int64{"a": a, "b": b}[name]
			return struct{}{}, setAmount(ctx, tx, name, mine-150)
		})
		if err == nil {
			taken.Add(1)
		}
		return err
	}
	errs := both(func() error { return take("a") }, func() error { return take("b") })

	if taken.Load() != 1 || fault.ReasonOf(errors.Join(errs[:]...)) != "TOO_LITTLE" {
		t.Errorf("%d took it, errors %v; want one, and the other told TOO_LITTLE", taken.Load(), errs)
	}
	if sum := stored(t, db, "a") + stored(t, db, "b"); sum != 50 {
		t.Errorf("together %d, want 50", sum)
	}
	if attempts.Load() < 3 {
		t.Errorf("%d attempts: nothing was run again", attempts.Load())
	}
}

func TestNoUpdateIsLost(t *testing.T) {
	db, ctx := open(t), limited(t)
	const writers = 16
	var group sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		group.Go(func() {
			_, errs[i] = database.Tx(ctx, db, "add", func(tx database.Transaction) (struct{}, error) {
				value, err := amount(ctx, tx, "a")
				if err != nil {
					return struct{}{}, err
				}
				return struct{}{}, setAmount(ctx, tx, "a", value+1)
			})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, db, "a"); got != 100+writers {
		t.Errorf("amount %d, want %d", got, 100+writers)
	}
}

func TestDeadlockIsRunAgain(t *testing.T) {
	db, ctx := open(t), limited(t)
	together := newMeeting(2)
	var deadlocks atomic.Int32
	move := func(first, second string) error {
		_, err := database.Tx(ctx, db, "move", func(tx database.Transaction) (struct{}, error) {
			add := "UPDATE account SET amount = amount + 1 WHERE name = $1"
			if _, err := tx.Exec(ctx, add, first); err != nil {
				return struct{}{}, err
			}
			if err := together.wait(ctx); err != nil {
				return struct{}{}, err
			}
			_, err := tx.Exec(ctx, add, second)
			if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == "40P01" {
				deadlocks.Add(1)
			}
			return struct{}{}, err
		})
		return err
	}
	errs := both(func() error { return move("a", "b") }, func() error { return move("b", "a") })
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	if a, b := stored(t, db, "a"), stored(t, db, "b"); a != 102 || b != 102 {
		t.Errorf("amounts %d and %d, want 102 each", a, b)
	}
	if deadlocks.Load() == 0 && !db.Cockroach() {
		t.Error("there was no deadlock to show anything")
	}
}

// Every statement of the first attempt succeeds; only COMMIT says no.
func TestFailureAtCommitIsRunAgain(t *testing.T) {
	db, ctx := open(t), limited(t)
	if db.Cockroach() {
		t.Skip("CockroachDB makes the other transaction wait instead of refusing the commit")
	}
	attempts := 0
	_, err := database.Tx(ctx, db, "skewed", func(tx database.Transaction) (struct{}, error) {
		attempts++
		if err := setAmount(ctx, tx, "b", 1); err != nil {
			t.Errorf("a statement failed: %v", err)
		}
		a, err := amount(ctx, tx, "a")
		if err != nil {
			t.Errorf("a statement failed: %v", err)
		}
		if attempts == 1 {
			crossing(ctx, t, db)
		} else if a != 2 {
			t.Errorf("the second attempt reads %d, want what the other stored", a)
		}
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if attempts != 2 {
		t.Errorf("%d attempts, want 2", attempts)
	}
	if a, b := stored(t, db, "a"), stored(t, db, "b"); a != 2 || b != 1 {
		t.Errorf("stored %d and %d, want 2 and 1", a, b)
	}
}

// crossing reads b and writes a, and commits.
func crossing(ctx context.Context, t *testing.T, db *database.DB) {
	t.Helper()
	err := pgx.BeginTxFunc(ctx, db.Pool(), pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		var b int64
		if err := tx.QueryRow(ctx, "SELECT amount FROM account WHERE name = 'b'").Scan(&b); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE account SET amount = 2 WHERE name = 'a'")
		return err
	})
	if err != nil {
		t.Errorf("the other transaction: %v", err)
	}
}

// A store may turn every error into a fault, or drop one: the conflict is seen all the same.
func TestConflictIsSeenThroughWhatTheClosureMakesOfIt(t *testing.T) {
	for name, answer := range map[string]error{
		"dropped": nil,
		"fault":   fault.New(fault.NotFound, "NO_ACCOUNT", "no such account"),
	} {
		t.Run(name, func(t *testing.T) {
			db, ctx := open(t), limited(t)
			attempts := 0
			_, err := database.Tx(ctx, db, "blind", func(tx database.Transaction) (struct{}, error) {
				attempts++
				if _, err := amount(ctx, tx, "a"); err != nil {
					return struct{}{}, err
				}
				if attempts > 1 {
					return struct{}{}, setAmount(ctx, tx, "a", 7)
				}
				if _, err := db.Pool().Exec(ctx, "UPDATE account SET amount = 3 WHERE name = 'a'"); err != nil {
					return struct{}{}, err
				}
				rows, err := tx.Query(ctx, "UPDATE account SET amount = 4 WHERE name = 'a' RETURNING amount")
				if err == nil {
					for rows.Next() {
						t.Error("the update went through, want a conflict")
					}
				}
				return struct{}{}, answer
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := stored(t, db, "a"); attempts != 2 || got != 7 {
				t.Errorf("%d attempts, amount %d; want 2 and 7", attempts, got)
			}
		})
	}
}

func TestConflictsWithoutEndAreBounded(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), limited(t)
	attempts := 0
	_, err := database.Tx(ctx, db, "hopeless", func(database.Transaction) (struct{}, error) {
		attempts++
		return struct{}{}, &pgconn.PgError{Code: "40001", Message: "again"}
	})
	if fault.ReasonOf(err) != database.ReasonContention || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error %v, want TRANSACTION_CONTENTION, Unavailable", err)
	}
	if known, _ := fault.As(err); known.RetryAfter == 0 {
		t.Error("no delay given for the repeat")
	}
	if attempts != 20 {
		t.Errorf("%d attempts, want 20", attempts)
	}
}

func TestConflictsEndWithTheCallersTime(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := database.Tx(ctx, db, "hopeless", func(database.Transaction) (struct{}, error) {
		cancel()
		return struct{}{}, &pgconn.PgError{Code: "40001", Message: "again"}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context canceled", err)
	}
}

func both(one, two func() error) [2]error {
	var errs [2]error
	var group sync.WaitGroup
	group.Go(func() { errs[0] = one() })
	group.Go(func() { errs[1] = two() })
	group.Wait()
	return errs
}
