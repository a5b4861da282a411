package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Transaction is what a closure sees. Not safe for concurrent use, and dead once the closure has returned. It fits
// sqlc's DBTX.
type Transaction interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	// Notify wakes this process's listeners of the topic once the transaction has committed, and nobody if it does
	// not.
	Notify(topic string)
}

// transaction remembers a conflict that any statement ran into. The closure may have turned that error into one of its
// own, or dropped it: the server has aborted the transaction all the same, and only a fresh one helps.
type transaction struct {
	inner    pgx.Tx
	conflict error
	topics   []string
}

func (t *transaction) note(err error) error {
	if err != nil && t.conflict == nil && retryable(err) {
		t.conflict = err
	}
	return err
}

func (t *transaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := t.inner.Exec(ctx, sql, args...)
	return tag, t.note(err)
}

func (t *transaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := t.inner.Query(ctx, sql, args...)
	return notedRows{Rows: rows, tx: t}, t.note(err)
}

func (t *transaction) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return notedRow{row: t.inner.QueryRow(ctx, sql, args...), tx: t}
}

func (t *transaction) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return notedBatch{BatchResults: t.inner.SendBatch(ctx, batch), tx: t}
}

func (t *transaction) Notify(topic string) {
	for _, known := range t.topics {
		if known == topic {
			return
		}
	}
	t.topics = append(t.topics, topic)
}

// rollback ends the transaction if it has not ended. Its error is of no use: the connection is then thrown away, and
// the server rolls back by itself.
func (t *transaction) rollback(ctx context.Context) {
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	_ = t.inner.Rollback(finish)
}

// meaning is what the closure's error means to the caller.
func (t *transaction) meaning(ctx context.Context, err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	if t.inner.Conn().IsClosed() && ctx.Err() == nil {
		return unavailable(err)
	}
	return classify(ctx, err)
}

// commitFailed tells the three ways apart in which COMMIT can fail: refused for a conflict, refused for good, and no
// answer.
func (t *transaction) commitFailed(ctx context.Context, err error) (outcome, error) {
	refusal, answered := errors.AsType[*pgconn.PgError](err)
	switch {
	case retryable(err):
		return conflict, err
	case errors.Is(err, pgx.ErrTxCommitRollback):
		// The closure dropped an error and returned as if all were well. Nothing is stored.
		return failed, fmt.Errorf("a statement failed and its error was dropped, nothing is stored: %w", err)
	case answered && !leavesCommitOpen(refusal):
		return failed, classify(ctx, err)
	default:
		// Not even pgconn.SafeToRetry helps here: when the answer to COMMIT is cut off, pgx reports "conn closed",
		// which it calls safe to retry as if COMMIT had never been sent.
		unknown := fault.New(fault.Unavailable, ReasonCommitUnknown, "the database did not confirm the change, "+
			"which may or may not be stored; repeat the request with the same request id")
		return failed, fmt.Errorf("%w: %w", unknown, err)
	}
}

type notedRow struct {
	row pgx.Row
	tx  *transaction
}

func (r notedRow) Scan(dest ...any) error { return r.tx.note(r.row.Scan(dest...)) }

// notedRows looks at the error whenever the rows are at their end, since a closure need not ask for it.
type notedRows struct {
	pgx.Rows
	tx *transaction
}

func (r notedRows) Next() bool {
	more := r.Rows.Next()
	if !more {
		_ = r.tx.note(r.Rows.Err())
	}
	return more
}

func (r notedRows) Close() {
	r.Rows.Close()
	_ = r.tx.note(r.Rows.Err())
}

func (r notedRows) Err() error { return r.tx.note(r.Rows.Err()) }

type notedBatch struct {
	pgx.BatchResults
	tx *transaction
}

func (b notedBatch) Exec() (pgconn.CommandTag, error) {
	tag, err := b.BatchResults.Exec()
	return tag, b.tx.note(err)
}

func (b notedBatch) Query() (pgx.Rows, error) {
	rows, err := b.BatchResults.Query()
	return notedRows{Rows: rows, tx: b.tx}, b.tx.note(err)
}

func (b notedBatch) QueryRow() pgx.Row { return notedRow{row: b.BatchResults.QueryRow(), tx: b.tx} }

func (b notedBatch) Close() error { return b.tx.note(b.BatchResults.Close()) }
