package database_test

import (
	"errors"
	"testing"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

var errOther = errors.New("another number of rows")

// Writes go when they are flushed, in their order, and the first that does not do what it must is the error, whatever follows.
func TestPipeline(t *testing.T) {
	db := databasetest.New(t, nil)
	if _, err := db.Pool().Exec(t.Context(), `CREATE TABLE thing (id INT8 PRIMARY KEY, value INT8 NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	write := func(fn func(writes *database.Pipeline) error) error {
		_, err := database.Tx(t.Context(), db, "write", func(tx database.Transaction) (int, error) {
			writes := database.NewPipeline(tx)
			if err := fn(writes); err != nil {
				return 0, err
			}
			var things int
			if err := writes.QueryRow(t.Context(), `SELECT count(*) FROM thing`).Scan(&things); err != nil {
				return 0, err
			}
			if err := writes.Flush(t.Context()); err != nil {
				return 0, err
			}
			var after int
			err := tx.QueryRow(t.Context(), `SELECT count(*) FROM thing`).Scan(&after)
			if after == things && err == nil {
				err = errors.New("the writes went before they were flushed, or never")
			}
			return after, errors.Join(err, writes.Flush(t.Context())) // of nothing
		})
		return err
	}
	insert := func(writes *database.Pipeline, id, value int) error {
		return database.WriteExactly(t.Context(), writes, 1, errOther,
			`INSERT INTO thing (id, value) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, value)
	}
	if err := write(func(writes *database.Pipeline) error { return errors.Join(insert(writes, 1, 1), insert(writes, 2, 2)) }); err != nil {
		t.Fatal(err)
	}
	err := write(func(writes *database.Pipeline) error {
		_, err := writes.Exec(t.Context(), `INSERT INTO thing (id, value) VALUES (3, 3)`)
		collected := insert(writes, 2, 2) // is there
		_, broken := writes.Exec(t.Context(), `INSERT INTO thing (id, value) VALUES (1, 1)`)
		return errors.Join(err, collected, broken)
	})
	if !errors.Is(err, errOther) {
		t.Errorf("a row that was there already: %v", err)
	}
	var things int
	if err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM thing`).Scan(&things); err != nil || things != 2 {
		t.Errorf("%d things are stored, %v", things, err)
	}
}

// Where nothing collects, a write that must affect so many rows says at once that it did not.
func TestWriteExactly(t *testing.T) {
	db := databasetest.New(t, nil)
	if _, err := db.Pool().Exec(t.Context(), `CREATE TABLE thing (id INT8 PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	_, err := database.Tx(t.Context(), db, "write", func(tx database.Transaction) (int, error) {
		return 0, database.WriteExactly(t.Context(), tx, 2, errOther, `INSERT INTO thing (id) VALUES (1)`)
	})
	if !errors.Is(err, errOther) {
		t.Errorf("one row of two: %v", err)
	}
	_, err = database.Tx(t.Context(), db, "write", func(tx database.Transaction) (int, error) {
		return 0, database.WriteExactly(t.Context(), tx, 2, errOther, `INSERT INTO thing (id) VALUES (1), (2)`)
	})
	if err != nil {
		t.Error(err)
	}
}
