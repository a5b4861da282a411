// Package databasetest gives tests real databases: one server per test process, one fresh and migrated database per
// test, and every Tx closure run twice, the first run rolled back.
//
// The server is the one that WAYBILL_TEST_DATABASE_URL names (PostgreSQL or CockroachDB; the user must be allowed to
// create databases), else an embedded PostgreSQL in a temporary folder, which vanishes with the test process. On an outside
// PostgreSQL the migrated templates stay for the next run, as waybill_template_ and a hash of the migrations.
package databasetest

import (
	"context"
	"crypto/rand"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// cleanupTime bounds what a test may take after its end.
const cleanupTime = 30 * time.Second

// New makes a database with the tables of the mechanics and the migrations (nil: none), opens it, and closes and drops
// it at the end of the test. A connection that the test never gave back fails it.
func New(tb testing.TB, migrations fs.FS, opts ...database.Option) *database.DB {
	tb.Helper()
	url := URL(tb, migrations)
	db, err := database.Open(tb.Context(), url, append([]database.Option{database.RunTwice()}, opts...)...)
	if err != nil {
		tb.Fatalf("open the test's database: %v", err)
	}
	tb.Cleanup(func() { closeDatabase(tb, db) })
	return db
}

// URL makes a database like New does, for a test that opens it itself, and drops it at the end of the test.
func URL(tb testing.TB, migrations fs.FS) string {
	tb.Helper()
	on := theServer(tb)
	name := "waybill_test_" + randomName()
	dropAtEnd(tb, on, name)
	if err := on.makeDatabase(tb.Context(), name, migrations); err != nil {
		tb.Fatalf("make the test's database: %v", err)
	}
	return on.url(name)
}

// BaseURL is a base for database.ServiceURL that no other test uses, for a test that runs whole services with Migrate.
// Every database made from it is dropped at the end of the test.
func BaseURL(tb testing.TB) string {
	tb.Helper()
	on := theServer(tb)
	name := "waybill_test_" + randomName()
	dropAtEnd(tb, on, name)
	return on.url(name)
}

func closeDatabase(tb testing.TB, db *database.DB) {
	tb.Helper()
	closed := make(chan struct{})
	go func() {
		db.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(cleanupTime):
		tb.Errorf("a connection of %s was never given back: a transaction or rows left open", db.Name())
	}
}

func dropAtEnd(tb testing.TB, on *server, name string) {
	tb.Helper()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), cleanupTime)
		defer cancel()
		if err := on.dropDatabases(ctx, name); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
}

func randomName() string { return strings.ToLower(rand.Text()[:12]) }
