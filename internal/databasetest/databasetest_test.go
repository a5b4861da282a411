package databasetest_test

import (
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

var oneTable = fstest.MapFS{
	"migrations/0001_thing.up.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY)")},
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	for range 2 {
		t.Run("fresh", func(t *testing.T) {
			db := databasetest.New(t, oneTable)
			if got := count(t, db); got != 0 {
				t.Fatalf("%d rows in a fresh database", got)
			}
			if _, err := db.Pool().Exec(t.Context(), "INSERT INTO thing VALUES ('a')"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestDatabaseIsGoneAfterTheTest(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) { url = databasetest.URL(t, oneTable) })
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return // PostgreSQL refuses; CockroachDB connects, and finds no table
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "SELECT count(*) FROM thing"); err == nil {
		t.Error("the database outlives its test")
	}
}

func TestClosuresRunTwice(t *testing.T) {
	db := databasetest.New(t, oneTable)
	runs := 0
	_, err := database.Tx(t.Context(), db, "add", func(tx database.Transaction) (int, error) {
		runs++
		_, err := tx.Exec(t.Context(), "INSERT INTO thing VALUES ('a')")
		return 0, err
	})
	if err != nil {
		t.Fatalf("the first run was not taken back: %v", err)
	}
	if runs != 2 || count(t, db) != 1 {
		t.Errorf("%d runs and %d rows, want 2 and 1", runs, count(t, db))
	}
}

func count(t *testing.T, db *database.DB) int {
	t.Helper()
	var n int
	if err := db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM thing").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
