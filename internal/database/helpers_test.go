package database_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	migratedb "github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

var accounts = fstest.MapFS{
	"0001_account.up.sql": {Data: []byte(
		"CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, amount INT8 NOT NULL)")},
}

// open gives a database whose closures run once, with two accounts of 100.
func open(t *testing.T, opts ...database.Option) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), databasetest.URL(t, accounts), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	seed(t, db)
	return db
}

func seed(t *testing.T, db *database.DB) {
	t.Helper()
	if _, err := db.Pool().Exec(t.Context(), "INSERT INTO account VALUES ('a', 100), ('b', 100)"); err != nil {
		t.Fatal(err)
	}
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func amount(ctx context.Context, tx database.Transaction, name string) (int64, error) {
	var value int64
	err := tx.QueryRow(ctx, "SELECT amount FROM account WHERE name = $1", name).Scan(&value)
	return value, err
}

func setAmount(ctx context.Context, tx database.Transaction, name string, value int64) error {
	_, err := tx.Exec(ctx, "UPDATE account SET amount = $2 WHERE name = $1", name, value)
	return err
}

func stored(t *testing.T, db *database.DB, name string) int64 {
	t.Helper()
	var value int64
	err := db.Pool().QueryRow(limited(t), "SELECT amount FROM account WHERE name = $1", name).Scan(&value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// meeting lets several goroutines wait for each other, once each; who comes later passes.
type meeting struct {
	mu      sync.Mutex
	missing int
	met     chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{missing: n, met: make(chan struct{})} }

func (m *meeting) wait(ctx context.Context) error {
	m.mu.Lock()
	m.missing--
	if m.missing == 0 {
		close(m.met)
	}
	m.mu.Unlock()
	select {
	case <-m.met:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// emptyDatabase is one in which nothing has been migrated, but for the lock's table: the driver for CockroachDB makes it
// with INT, which holds its values there and not on PostgreSQL.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	address := databasetest.BaseURL(t)
	name, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, connect(t, withName(t, address, "postgres")), "CREATE DATABASE "+strings.TrimPrefix(name.Path, "/"))
	exec(t, connect(t, address), "CREATE TABLE migration_lock (lock_id INT8 NOT NULL PRIMARY KEY)")
	return address
}

func withName(t *testing.T, address, name string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Path = "/" + name
	return parsed.String()
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// lockID is the row that golang-migrate writes for the connection's database.
func lockID(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	id, err := migratedb.GenerateAdvisoryLockId(conn.Config().Database)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
