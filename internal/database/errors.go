package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Reasons of the faults that this package makes.
const (
	// ReasonUnavailable: the database does not answer, or refuses work for now. Nothing was stored.
	ReasonUnavailable = "DATABASE_UNAVAILABLE"
	// ReasonContention: every attempt met another transaction. Nothing was stored.
	ReasonContention = "TRANSACTION_CONTENTION"
	// ReasonCommitUnknown: nobody can tell whether the change is stored; repeat with the same request id.
	ReasonCommitUnknown = "COMMIT_UNKNOWN"
	// ReasonDeadline: the caller's time was over before the commit. Nothing was stored.
	ReasonDeadline = "DEADLINE_EXCEEDED"
	// ReasonAlreadyExists: a unique key is taken, and the store had no better word for it.
	ReasonAlreadyExists = "ALREADY_EXISTS"
	// ReasonMigrationLocked: another migration holds the lock, or died holding it.
	ReasonMigrationLocked = "MIGRATION_LOCKED"
)

// sqlstateCockroachRetry is CockroachDB's own code for a transaction to be restarted.
const sqlstateCockroachRetry = "CR000"

// Fault turns an error of a read outside Tx into the fault that it means, as Tx does for its own. Errors that mean
// nothing to a caller come back unchanged, and leave the process as Internal.
func Fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return classify(ctx, err)
}

// UniqueViolation reports whether a unique key refused the row. CockroachDB may not say which: decide by
// ON CONFLICT and the rows that come back where that matters.
func UniqueViolation(err error) bool { return hasState(err, pgerrcode.UniqueViolation) }

// CheckViolation reports whether a CHECK constraint refused the row: the last line of defence, so mostly a defect.
func CheckViolation(err error) bool { return hasState(err, pgerrcode.CheckViolation) }

// ForeignKeyViolation reports whether the row names another that is not there, or is still named.
func ForeignKeyViolation(err error) bool { return hasState(err, pgerrcode.ForeignKeyViolation) }

// NoRows reports whether a query for one row found none.
func NoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// retryable reports whether the server gave the transaction up for the sake of another.
func retryable(err error) bool {
	return hasState(err, pgerrcode.SerializationFailure, pgerrcode.DeadlockDetected, sqlstateCockroachRetry)
}

func hasState(err error, states ...string) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	for _, state := range states {
		if refusal.Code == state {
			return true
		}
	}
	return false
}

// leavesCommitOpen tells whether an error in answer to COMMIT leaves open what became of it: CockroachDB says so
// outright, and a server that is being shut down may have committed before it said goodbye.
func leavesCommitOpen(refusal *pgconn.PgError) bool {
	return refusal.Code == pgerrcode.StatementCompletionUnknown || shutsDown(refusal) ||
		pgerrcode.IsConnectionException(refusal.Code)
}

func shutsDown(refusal *pgconn.PgError) bool {
	switch refusal.Code {
	case pgerrcode.AdminShutdown, pgerrcode.CrashShutdown, pgerrcode.CannotConnectNow, pgerrcode.DatabaseDropped:
		return true
	default:
		return false
	}
}

// classify gives a raw error of the driver its meaning. Faults pass through.
func classify(ctx context.Context, err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		late := fault.New(fault.Deadline, ReasonDeadline, "the time for this request was over before it was done")
		return fmt.Errorf("%w: %w", late, err)
	case ended != nil:
		return fmt.Errorf("%w: %w", ended, err)
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyRefusal(refusal, err)
	}
	if lostConnection(err) {
		return unavailable(err)
	}
	return err
}

func classifyRefusal(refusal *pgconn.PgError, err error) error {
	switch {
	case refusal.Code == pgerrcode.UniqueViolation:
		taken := fault.New(fault.AlreadyExists, ReasonAlreadyExists, "something with the same key exists already")
		return fmt.Errorf("%w: %w", taken, err)
	case retryable(err):
		busy := fault.New(fault.Unavailable, ReasonContention,
			"others changed the same data at the same time; repeat the request").WithRetryAfter(maxDelay)
		return fmt.Errorf("%w: %w", busy, err)
	case shutsDown(refusal), pgerrcode.IsConnectionException(refusal.Code),
		pgerrcode.IsInsufficientResources(refusal.Code),
		refusal.Code == pgerrcode.ReadOnlySQLTransaction, // the server has become a standby
		refusal.Code == pgerrcode.QueryCanceled, refusal.Code == pgerrcode.LockNotAvailable,
		refusal.Code == pgerrcode.IdleInTransactionSessionTimeout,
		refusal.Code == pgerrcode.StatementCompletionUnknown:
		return unavailable(err)
	default:
		return err
	}
}

func lostConnection(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}

func unavailable(err error) error {
	down := fault.New(fault.Unavailable, ReasonUnavailable, "the database does not answer just now")
	return fmt.Errorf("%w: %w", down, err)
}
