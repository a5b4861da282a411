package inbox

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/database"
)

// countingTransaction counts the rows that are added, changed or deleted.
type countingTransaction struct {
	database.Transaction
	rows int64
}

func (t *countingTransaction) count(tag pgconn.CommandTag) {
	if tag.Insert() || tag.Update() || tag.Delete() {
		t.rows += tag.RowsAffected()
	}
}

func (t *countingTransaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := t.Transaction.Exec(ctx, sql, args...)
	t.count(tag)
	return tag, err
}

func (t *countingTransaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := t.Transaction.Query(ctx, sql, args...)
	return &countedRows{Rows: rows, tx: t}, err
}

func (t *countingTransaction) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	return countedRow{rows: rows, err: err}
}

// SendBatch counts also what nobody asks for one by one: closing the results reads the rest of them, past countedBatch.
func (t *countingTransaction) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	for _, queued := range batch.QueuedQueries {
		read := queued.Fn
		queued.Fn = func(results pgx.BatchResults) error {
			counted := countedBatch{BatchResults: results, tx: t}
			if read != nil {
				return read(counted)
			}
			_, err := counted.Exec()
			return err
		}
	}
	return countedBatch{BatchResults: t.Transaction.SendBatch(ctx, batch), tx: t}
}

// countedRows are counted at their end, once.
type countedRows struct {
	pgx.Rows
	tx      *countingTransaction
	counted bool
}

func (r *countedRows) Next() bool {
	more := r.Rows.Next()
	if !more {
		r.end()
	}
	return more
}

func (r *countedRows) Close() {
	r.Rows.Close()
	r.end()
}

func (r *countedRows) end() {
	if !r.counted {
		r.counted = true
		r.tx.count(r.CommandTag())
	}
}

// countedRow is the first of rows, as pgx gives it.
type countedRow struct {
	rows pgx.Rows
	err  error
}

func (r countedRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		r.rows.Close()
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// countedBatch counts what Exec answers for, and what Query and QueryRow do.
type countedBatch struct {
	pgx.BatchResults
	tx *countingTransaction
}

func (b countedBatch) Exec() (pgconn.CommandTag, error) {
	tag, err := b.BatchResults.Exec()
	b.tx.count(tag)
	return tag, err
}

func (b countedBatch) Query() (pgx.Rows, error) {
	rows, err := b.BatchResults.Query()
	return &countedRows{Rows: rows, tx: b.tx}, err
}

func (b countedBatch) QueryRow() pgx.Row {
	rows, err := b.Query()
	return countedRow{rows: rows, err: err}
}
