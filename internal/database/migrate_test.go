package database_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
)

func file(sql string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(sql)} }

func TestMigrateMakesTheDatabaseAndNumbersFoldersApart(t *testing.T) {
	address, ctx := databasetest.BaseURL(t), limited(t)
	files := fstest.MapFS{"migrations/0001_one.up.sql": file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)")}
	for range 2 { // a repeat changes nothing
		if err := database.Migrate(ctx, address, files); err != nil {
			t.Fatal(err)
		}
	}
	files["migrations/0002_two.up.sql"] = file("CREATE TABLE IF NOT EXISTS two (id TEXT PRIMARY KEY);\n" +
		"CREATE TABLE IF NOT EXISTS three (id TEXT PRIMARY KEY)")
	if err := database.Migrate(ctx, address, files); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, address)
	var version int
	if err := conn.QueryRow(ctx, "SELECT version FROM service_migrations").Scan(&version); err != nil || version != 2 {
		t.Errorf("version %d, %v; want 2", version, err)
	}
	exec(t, conn, "INSERT INTO one VALUES ('x')")
	exec(t, conn, "INSERT INTO two VALUES ('x')")
	exec(t, conn, "INSERT INTO three VALUES ('x')")
}

func TestManyMigrateAtOnce(t *testing.T) {
	files := fstest.MapFS{
		"0001_one.up.sql": file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)"),
		"0002_two.up.sql": file("CREATE TABLE IF NOT EXISTS two (id TEXT PRIMARY KEY)"),
	}
	address, ctx := databasetest.BaseURL(t), limited(t)
	together(t, func() error { return database.Migrate(ctx, address, files) })
}

// The same with the lock in a table, which is refused at once while it is held.
func TestManyMigrateAtOnceWithALockTable(t *testing.T) {
	files := fstest.MapFS{"0001_one.up.sql": file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)")}
	address, ctx := emptyDatabase(t), limited(t)
	together(t, func() error { return database.MigrateWithLockTable(ctx, address, files) })
}

func TestStaleLockIsReportedAndCleared(t *testing.T) {
	address, ctx := emptyDatabase(t), limited(t)
	files := fstest.MapFS{"0001_one.up.sql": file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)")}
	if err := database.MigrateWithLockTable(ctx, address, files); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, address)
	exec(t, conn, "INSERT INTO migration_lock (lock_id) VALUES ("+lockID(t, conn)+")") // as one that died leaves it

	short, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
	defer cancel()
	err := database.MigrateWithLockTable(short, address, files)
	if fault.ReasonOf(err) != database.ReasonMigrationLocked || fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("error %v, want MIGRATION_LOCKED", err)
	}
	if err := database.ClearMigrationLock(ctx, address); err != nil {
		t.Fatal(err)
	}
	if err := database.MigrateWithLockTable(ctx, address, files); err != nil {
		t.Errorf("after clearing: %v", err)
	}
}

func TestClearingALockThatNobodyTook(t *testing.T) {
	if err := database.ClearMigrationLock(limited(t), databasetest.URL(t, nil)); err != nil {
		t.Error(err)
	}
}

func TestFailedMigrationSaysWhyAndIsRunAgain(t *testing.T) {
	address, ctx := databasetest.BaseURL(t), limited(t)
	files := fstest.MapFS{
		"0001_one.up.sql": file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)"),
		"0002_two.up.sql": file("CREATE TABLE IF NOT EXISTS two (id NO_SUCH_TYPE)"),
	}
	for range 2 { // each try says why, and none says only that an earlier one failed
		err := database.Migrate(ctx, address, files)
		if err == nil || !containsAll(err.Error(), "no_such_type", "service's tables") {
			t.Errorf("error %v, want the server's own words", err)
		}
	}
	files["0002_two.up.sql"] = file("CREATE TABLE IF NOT EXISTS two (id TEXT PRIMARY KEY)")
	if err := database.Migrate(ctx, address, files); err != nil {
		t.Fatal(err)
	}
	exec(t, connect(t, address), "INSERT INTO two VALUES ('x')")
}

func TestDownMigrationsAreRefused(t *testing.T) {
	files := fstest.MapFS{"0001_one.up.sql": file("SELECT 1"), "0001_one.down.sql": file("SELECT 1")}
	if err := database.Migrate(limited(t), databasetest.BaseURL(t), files); err == nil {
		t.Error("accepted")
	}
}

// An index over a large table takes its time, and nobody stands in the way of it.
func TestMigrationMayTakeLongerThanTheWaitForTheLock(t *testing.T) {
	files := fstest.MapFS{
		"0001_slow.up.sql": file("SELECT pg_sleep(0.3)"),
		"0002_one.up.sql":  file("CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)"),
	}
	address := databasetest.URL(t, nil)
	if err := database.MigrateWithin(limited(t), address, 200*time.Millisecond, files); err != nil {
		t.Fatal(err)
	}
	exec(t, connect(t, address), "INSERT INTO one VALUES ('x')")
}

func TestMissingDatabaseThatMayNotBeMade(t *testing.T) {
	if os.Getenv(databasetest.URLEnv) != "" {
		t.Skip("makes a role, which only the embedded server is sure to allow")
	}
	address, ctx := databasetest.BaseURL(t), limited(t)
	admin := connect(t, withName(t, address, "postgres"))
	role := fmt.Sprintf("waybill_weak_%d", time.Now().UnixNano())
	exec(t, admin, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { exec(t, admin, "DROP ROLE "+role) })
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.User(role)
	err = database.Migrate(ctx, parsed.String(), nil)
	if err == nil {
		t.Fatal("a role without the right has made a database")
	}
	known, ok := fault.As(err)
	if !ok || known.Reason != "DATABASE_MISSING" || !containsAll(known.Message, "CREATE DATABASE", role) {
		t.Errorf("error %v does not say what to run", err)
	}
}

func TestServiceURL(t *testing.T) {
	tests := []struct{ base, service, want string }{
		{"postgres://u:p@h:5432/waybill?sslmode=disable", "order", "postgres://u:p@h:5432/waybill_order?sslmode=disable"},
		{"postgresql://h/shop", "connector.wms", "postgresql://h/shop_connector_wms"},
		{"postgres://waybill@/waybill?host=%2Ftmp%2Fx&port=5432", "billing", "postgres://waybill@/waybill_billing?host=%2Ftmp%2Fx&port=5432"},
		{"postgres://h/", "order", ""},
		{"postgres://h/waybill", "/", ""},
		{"host=h dbname=waybill", "order", ""},
		{"mysql://h/waybill", "order", ""},
		{"postgres://h/a_name_that_is_rather_long_for_a_database_name_and_then_some", "fulfillment", ""},
	}
	for _, test := range tests {
		got, err := database.ServiceURL(test.base, test.service)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ServiceURL(%q, %q) = %q, %v; want %q", test.base, test.service, got, err, test.want)
		}
	}
	if _, err := database.ServiceURL("postgres://user:geheim@h:x/db", "order"); err == nil || containsAll(err.Error(), "geheim") {
		t.Errorf("error %v shows the password, or there is none", err)
	}
}

func together(t *testing.T, migrate func() error) {
	t.Helper()
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() { errs[i] = migrate() })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
