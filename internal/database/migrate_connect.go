package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	migratedb "github.com/golang-migrate/migrate/v4/database"
	migratecockroach "github.com/golang-migrate/migrate/v4/database/cockroachdb"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/waybill-dev/waybill/internal/fault"
)

const (
	// createAttempts bounds the waiting for others who create databases at this moment.
	createAttempts = 20
	// lockTimeout is when PostgreSQL gives up one wait for a lock; migrateFolder then tries again.
	lockTimeout = 30 * time.Second
)

// createDatabase makes the database unless it is there, and tells whether the server is CockroachDB. Where the user may
// not, and it is missing, the error says what a person who may has to run.
func createDatabase(ctx context.Context, url string, config *pgx.ConnConfig) (cockroach bool, err error) {
	name := config.Database
	conn, err := pgx.ConnectConfig(ctx, config)
	if hasState(err, pgerrcode.InvalidCatalogName) {
		return createElsewhere(ctx, url, name)
	}
	if err != nil {
		return false, fmt.Errorf("connect to database %s: %w", name, classify(ctx, err))
	}
	defer closeConn(conn)
	cockroach, err = isCockroach(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("connect to database %s: %w", name, classify(ctx, err))
	}
	if !cockroach {
		return false, nil
	}
	// Most CockroachDB servers let a client connect to a database that does not exist.
	_, err = conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+pgx.Identifier{name}.Sanitize())
	if err != nil && !hasState(err, pgerrcode.InsufficientPrivilege) {
		return true, fmt.Errorf("create database %s: %w", name, classify(ctx, err))
	}
	return true, nil // without the privilege the first migration says whether the database is there
}

// createElsewhere makes the database from a connection to another one, and tells what server it is.
func createElsewhere(ctx context.Context, url, name string) (cockroach bool, err error) {
	maintenance, err := withDatabase(url, "postgres")
	if err != nil {
		return false, err
	}
	conn, err := connect(ctx, maintenance)
	if err != nil {
		return false, fmt.Errorf("create database %s: %w", name, err)
	}
	defer closeConn(conn)
	if cockroach, err = isCockroach(ctx, conn); err != nil {
		return false, fmt.Errorf("create database %s: %w", name, classify(ctx, err))
	}
	return cockroach, create(ctx, conn, name)
}

func create(ctx context.Context, conn *pgx.Conn, name string) error {
	for attempt := 1; ; attempt++ {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
		switch {
		case err == nil, hasState(err, pgerrcode.DuplicateDatabase, pgerrcode.UniqueViolation):
			return nil // or another was faster
		case hasState(err, pgerrcode.InsufficientPrivilege):
			refused := fault.New(fault.Denied, "DATABASE_MISSING", "the database %s does not exist and user %s may not "+
				"create it; let an administrator run: CREATE DATABASE %s OWNER %s", name, conn.Config().User,
				pgx.Identifier{name}.Sanitize(), pgx.Identifier{conn.Config().User}.Sanitize())
			return fmt.Errorf("%w: %w", refused, err)
		case hasState(err, pgerrcode.ObjectInUse) && attempt < createAttempts: // somebody is in template1
			if waitErr := pause(ctx, attempt); waitErr != nil {
				return waitErr
			}
		default:
			return fmt.Errorf("create database %s: %w", name, classify(ctx, err))
		}
	}
}

// openDriver gives golang-migrate's driver for the server. Closing the driver closes the connections.
func (t target) openDriver(versions string) (driver migratedb.Driver, err error) {
	config := t.config.Copy()
	if !t.cockroach {
		// Without it the library would wait for ever when another migration hangs with the lock.
		config.RuntimeParams["lock_timeout"] = fmt.Sprint(lockTimeout.Milliseconds())
	}
	pool := stdlib.OpenDB(*config)
	if t.cockroach {
		driver, err = migratecockroach.WithInstance(pool, &migratecockroach.Config{
			DatabaseName: config.Database, MigrationsTable: versions, LockTable: lockTable,
		})
	} else {
		driver, err = migratepgx.WithInstance(pool, &migratepgx.Config{
			DatabaseName: config.Database, MigrationsTable: versions,
		})
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return driver, nil
}

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := parseConfig(url)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", config.Database, classify(ctx, err))
	}
	return conn, nil
}

// parseConfig reads the URL as Open does: what is meant for the pool is left out.
func parseConfig(rawURL string) (*pgx.ConnConfig, error) {
	parsed, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	query := parsed.Query()
	for key := range query {
		if strings.HasPrefix(key, "pool_") {
			query.Del(key)
		}
	}
	parsed.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(parsed.String())
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	setSessionDefaults(config)
	return config, nil
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	_ = conn.Close(ctx)
}
