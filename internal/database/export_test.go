package database

import (
	"context"
	"io/fs"
	"time"
)

// MigrateWithLockTable migrates an existing database the way CockroachDB is migrated, with the lock in a table. The
// driver's SQL runs on PostgreSQL too, so its ways can be tried where no CockroachDB is.
func MigrateWithLockTable(ctx context.Context, url string, migrations fs.FS) error {
	config, err := parseConfig(url)
	if err != nil {
		return err
	}
	return target{config: config, cockroach: true, lockWait: migrationLockWait}.migrate(ctx, migrations)
}

// MigrateWithin migrates an existing database and waits no longer than that for another migration.
func MigrateWithin(ctx context.Context, url string, lockWait time.Duration, migrations fs.FS) error {
	config, err := parseConfig(url)
	if err != nil {
		return err
	}
	return target{config: config, lockWait: lockWait}.migrate(ctx, migrations)
}

// CreateDatabase makes the database of the URL, as Migrate does first, and tells whether the server is CockroachDB.
func CreateDatabase(ctx context.Context, url string) (cockroach bool, err error) {
	config, err := parseConfig(url)
	if err != nil {
		return false, err
	}
	return createDatabase(ctx, url, config)
}
