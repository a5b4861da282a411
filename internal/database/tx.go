package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
)

const (
	// maxAttempts and maxTransactionTime bound how often and how long a closure in conflict is run again; past
	// either the caller hears TRANSACTION_CONTENTION and decides.
	maxAttempts        = 20
	maxTransactionTime = 10 * time.Second
	// firstDelay doubles with each attempt up to maxDelay; what is waited is a random part of it, at least half.
	firstDelay = 2 * time.Millisecond
	maxDelay   = 250 * time.Millisecond
	// finishTime is what a COMMIT or ROLLBACK that has been started gets, whatever becomes of the caller: giving
	// up on a COMMIT in flight only turns a certain outcome into an unknown one.
	finishTime = 5 * time.Second
)

// Tx runs fn in one SERIALIZABLE transaction and returns what fn returned once that is committed. On a conflict with
// another transaction the whole of fn runs again. If fn returns an error, nothing is stored and the error comes back:
// a fault unchanged, an error of the database as the fault that it means (see Fault), anything else wrapped with name.
//
// Bounded: after 20 attempts or 10 seconds TRANSACTION_CONTENTION (Unavailable). A commit without an answer is
// COMMIT_UNKNOWN (Unavailable) and never repeated here, see the package comment. The name is for metrics and messages.
func Tx[T any](ctx context.Context, db *DB, name string, fn func(tx Transaction) (T, error)) (T, error) {
	leave, err := db.turn(ctx, name)
	if err != nil {
		var nothing T
		return nothing, err
	}
	defer leave()
	return TxBeside(ctx, db, name, fn)
}

// TxBeside is Tx for transactions that wait for no turn, see Writers: those on rows that nobody else changes, for which to wait
// would gain nothing and take the turn of a request, and those that must not come late whatever else goes on.
func TxBeside[T any](ctx context.Context, db *DB, name string, fn func(tx Transaction) (T, error)) (T, error) {
	var result T
	err := db.run(ctx, name, func(tx Transaction) error {
		var err error
		result, err = fn(tx)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, err
	}
	return result, nil
}

// outcome is how one attempt ended.
type outcome int

const (
	committed outcome = iota
	failed            // for good: the error is the caller's answer
	conflict          // nothing is stored, and a fresh attempt may succeed
)

func (db *DB) run(ctx context.Context, name string, fn func(Transaction) error) error {
	start := time.Now()
	if db.twice {
		if err := db.rehearse(ctx, fn); err != nil {
			return fmt.Errorf("transaction %s: %w", name, classify(ctx, err))
		}
	}
	for attempt := 1; ; attempt++ {
		end, err := db.attempt(ctx, fn)
		if end == conflict && (attempt == maxAttempts || time.Since(start) > maxTransactionTime) {
			end, err = failed, contention(name, attempt, err)
		}
		if end != conflict {
			db.metrics.observe(name, attempt, time.Since(start), err)
			return named(name, err)
		}
		if waitErr := pause(ctx, attempt); waitErr != nil {
			err = fmt.Errorf("transaction %s, after %d attempts (%w): %w", name, attempt, err, classify(ctx, waitErr))
			db.metrics.observe(name, attempt, time.Since(start), err)
			return err
		}
	}
}

// turn waits until the transaction may run.
func (db *DB) turn(ctx context.Context, name string) (leave func(), err error) {
	if db.writers == nil {
		return func() {}, nil
	}
	select {
	case db.writers <- struct{}{}:
		return func() { <-db.writers }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("transaction %s, before its turn: %w", name, classify(ctx, ctx.Err()))
	}
}

// attempt is one BEGIN, fn, COMMIT.
func (db *DB) attempt(ctx context.Context, fn func(Transaction) error) (outcome, error) {
	inner, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	if err != nil {
		return failed, classify(ctx, err)
	}
	tx := &transaction{inner: inner}
	defer tx.rollback(ctx) // also when fn panics; without effect after COMMIT
	err = tx.note(fn(tx))
	if tx.conflict != nil {
		// The server has given the transaction up, whatever fn made of the error.
		return conflict, tx.conflict
	}
	if err != nil {
		return failed, tx.meaning(ctx, err)
	}
	if err := ctx.Err(); err != nil {
		return failed, classify(ctx, err)
	}
	if inner.Conn().IsClosed() {
		return failed, unavailable(errors.New("the connection was lost before the commit"))
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if err := inner.Commit(finish); err != nil {
		end, meaning := tx.commitFailed(ctx, err)
		if fault.ReasonOf(meaning) == ReasonCommitUnknown {
			db.listeners.wake(tx.topics) // it may be there: looking for nothing harms nobody
		}
		return end, meaning
	}
	db.listeners.wake(tx.topics)
	return committed, nil
}

// rehearse runs fn and takes everything back. What fn answers does not matter: the run in earnest answers again.
func (db *DB) rehearse(ctx context.Context, fn func(Transaction) error) error {
	inner, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	if err != nil {
		return err
	}
	tx := &transaction{inner: inner}
	defer tx.rollback(ctx)
	_ = fn(tx)
	return nil
}

func contention(name string, attempts int, cause error) error {
	refused := fault.New(fault.Unavailable, ReasonContention,
		"too many others changed the same data at the same time; repeat the request").WithRetryAfter(maxDelay)
	return fmt.Errorf("%w: gave up on %s after %d attempts: %w", refused, name, attempts, cause)
}

// named puts the transaction's name before an error that does not already speak for itself.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	if _, speaks := errors.AsType[*fault.Error](err); speaks {
		return err
	}
	return fmt.Errorf("transaction %s: %w", name, err)
}

func pause(ctx context.Context, attempt int) error {
	pace.Sleep(ctx, pace.Backoff(firstDelay, maxDelay, attempt))
	return ctx.Err()
}
