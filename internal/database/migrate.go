package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4"
	migratedb "github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/fault"
)

//go:embed migrations
var mechanics embed.FS

const (
	// Two version tables, so that services number their migrations without knowing ours.
	mechanicsVersions = "mechanics_migrations"
	serviceVersions   = "service_migrations"
	// lockTable is CockroachDB's only way to keep two migrations apart; PostgreSQL uses an advisory lock.
	lockTable = "migration_lock"
	// migrationLockWait is how long to wait for another migration when ctx sets no earlier end.
	migrationLockWait = 2 * time.Minute
	lockPoll          = 250 * time.Millisecond
)

// Migrate brings the database that the URL names up to date: it creates the database where it may, then applies the
// tables of the mechanics (outbox, inbox and so on), then the service's own, each folder with its own version table.
// migrations holds NNNN_name.up.sql files at its root or in a folder "migrations"; nil means mechanics only.
//
// Repeating is free, and several replicas may do it at once: one works, the others wait. A migration that was cut off
// is run again from its start, which is why each must be repeatable. When the lock stays held for two minutes the fault
// MIGRATION_LOCKED says so; on CockroachDB a process that died leaves it behind, see ClearMigrationLock.
func Migrate(ctx context.Context, url string, migrations fs.FS) error {
	config, err := parseConfig(url)
	if err != nil {
		return err
	}
	cockroach, err := createDatabase(ctx, url, config)
	if err != nil {
		return err
	}
	return target{config: config, cockroach: cockroach, lockWait: migrationLockWait}.migrate(ctx, migrations)
}

// target is a database to migrate.
type target struct {
	config    *pgx.ConnConfig
	cockroach bool
	lockWait  time.Duration
}

func (t target) migrate(ctx context.Context, migrations fs.FS) error {
	if err := t.migrateFolder(ctx, mechanics, mechanicsVersions); err != nil {
		return fmt.Errorf("migrate the mechanics' tables of %s: %w", t.config.Database, err)
	}
	if migrations == nil {
		return nil
	}
	if err := t.migrateFolder(ctx, migrations, serviceVersions); err != nil {
		return fmt.Errorf("migrate the service's tables of %s: %w", t.config.Database, err)
	}
	return nil
}

// Mechanics are the migrations that every database gets before its service's own.
func Mechanics() fs.FS { return mechanics }

// ClearMigrationLock removes the lock that a migration left behind when its process died, on CockroachDB. Only for a
// person who has made sure that no migration is running. PostgreSQL drops the lock with the connection: nothing to do.
func ClearMigrationLock(ctx context.Context, url string) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	_, err = conn.Exec(ctx, "DELETE FROM "+lockTable)
	if hasState(err, pgerrcode.UndefinedTable) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("clear the migration lock: %w", classify(ctx, err))
	}
	return nil
}

func (t target) migrateFolder(ctx context.Context, files fs.FS, versions string) error {
	folder, found, err := findMigrations(files)
	if err != nil || !found {
		return err
	}
	// Only the wait is bounded: what a migration takes depends on how much there is to change.
	waiting, cancel := context.WithTimeout(ctx, t.lockWait)
	defer cancel()
	for {
		err := t.applyOnce(ctx, files, folder, versions)
		if !worthWaiting(err) {
			return err
		}
		select {
		case <-waiting.Done():
			return lockHeld(err)
		case <-time.After(lockPoll):
		}
	}
}

// findMigrations tells where in files the migrations lie, and whether there are any.
func findMigrations(files fs.FS) (folder string, found bool, err error) {
	folder = "migrations"
	if _, err := fs.Stat(files, folder); errors.Is(err, fs.ErrNotExist) {
		folder = "."
	}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return "", false, fmt.Errorf("read migrations: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".down.sql") {
			return "", false, fmt.Errorf("migration %s: tables only ever move forward, remove it", path.Join(folder, name))
		}
		found = found || strings.HasSuffix(name, ".up.sql")
	}
	return folder, found, nil
}

// applyOnce is one try to take the lock and apply what is missing.
func (t target) applyOnce(ctx context.Context, files fs.FS, folder, versions string) error {
	source, err := iofs.New(files, folder)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	driver, err := t.openDriver(versions)
	if err != nil {
		return err
	}
	runner, err := migrate.NewWithInstance("iofs", source, "database", driver)
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	defer runner.Close()
	runner.LockTimeout = t.lockWait
	defer context.AfterFunc(ctx, func() { runner.GracefulStop <- true })()

	err = runner.Up()
	if dirty, cut := errors.AsType[migrate.ErrDirty](err); cut {
		// A migration was cut off half way. Each can be repeated, so run it again from its start.
		previous, prevErr := source.Prev(uint(dirty.Version))
		before := int(previous)
		if errors.Is(prevErr, os.ErrNotExist) {
			before = migratedb.NilVersion
		} else if prevErr != nil {
			return fmt.Errorf("migration %d was cut off, and its file is missing: %w", dirty.Version, prevErr)
		}
		if err := runner.Force(before); err != nil {
			return err
		}
		err = runner.Up()
	}
	switch {
	case err == nil:
		return ctx.Err() // a graceful stop between two migrations returns no error
	case errors.Is(err, migrate.ErrNoChange):
		return nil
	default:
		return err
	}
}

// worthWaiting reports whether another migration stands in the way: it holds the lock, or has just made the table
// that this one was about to make.
func worthWaiting(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, migratedb.ErrLocked) || errors.Is(err, migrate.ErrLocked) || errors.Is(err, migrate.ErrLockTimeout) {
		return true
	}
	cause := driverCause(err)
	return retryable(cause) || isLockRace(cause)
}

// isLockRace recognises two processes that set up the library's own tables at the same moment.
func isLockRace(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	ours := strings.Contains(refusal.Message, lockTable) || strings.Contains(refusal.Message, "_migrations") ||
		strings.Contains(refusal.Message, "pg_type_typname_nsp_index")
	return ours && (refusal.Code == pgerrcode.DuplicateTable || refusal.Code == pgerrcode.UniqueViolation) ||
		refusal.Code == pgerrcode.LockNotAvailable
}

// driverCause digs the server's answer out of golang-migrate's error, which does not unwrap.
func driverCause(err error) error {
	if wrapped, ok := errors.AsType[migratedb.Error](err); ok {
		return wrapped.OrigErr
	}
	if wrapped, ok := errors.AsType[*migratedb.Error](err); ok {
		return wrapped.OrigErr
	}
	return err
}

func lockHeld(cause error) error {
	held := fault.New(fault.Unavailable, ReasonMigrationLocked, "another migration holds the lock of this database; "+
		"if none is running, a CockroachDB keeps the lock of one that died: clear it with DELETE FROM %s", lockTable)
	return fmt.Errorf("%w: %w", held, cause)
}
