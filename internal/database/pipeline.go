package database

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Pipeline collects the writes of a transaction and sends them all at once: one wait for the server instead of one per
// table. It fits wherever a Transaction does, as long as nobody asks what a single write did but by WriteExactly; reads go
// through at once, before the writes, but for those of Read. The errors of what was collected come from Flush, without which
// nothing of it is done.
type Pipeline struct {
	Transaction
	batch pgx.Batch
	// rows is how many rows each statement must affect, and otherwise the error when it does not; nil: any number.
	rows      int64
	otherwise error
}

// NewPipeline begins a pipeline.
func NewPipeline(tx Transaction) *Pipeline { return &Pipeline{Transaction: tx} }

// Exec collects a write. The tag that it returns says nothing.
func (p *Pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	queued := p.batch.Queue(sql, args...)
	if want, otherwise := p.rows, p.otherwise; otherwise != nil {
		queued.Exec(func(tag pgconn.CommandTag) error {
			if got := tag.RowsAffected(); got != want {
				return fmt.Errorf("%d of %d rows written: %w", got, want, otherwise)
			}
			return nil
		})
	}
	return pgconn.CommandTag{}, nil
}

// Exactly collects writes that must affect so many rows each; otherwise is what Flush fails with when one does not.
func (p *Pipeline) Exactly(rows int, otherwise error, collect func() error) error {
	p.rows, p.otherwise = int64(rows), otherwise
	defer func() { p.rows, p.otherwise = 0, nil }()
	return collect()
}

// Read collects a read, whose rows Flush hands to take.
func (p *Pipeline) Read(take func(pgx.Rows) error, sql string, args ...any) {
	p.batch.Queue(sql, args...).Query(take)
}

// Flush sends what was collected.
func (p *Pipeline) Flush(ctx context.Context) error {
	if p.batch.Len() == 0 {
		return nil
	}
	batch := p.batch
	p.batch = pgx.Batch{}
	return p.SendBatch(ctx, &batch).Close()
}

// WriteExactly is a write that must affect so many rows, else the error otherwise comes: here, or from Flush where tx is a
// Pipeline.
func WriteExactly(ctx context.Context, tx Transaction, rows int, otherwise error, sql string, args ...any) error {
	writes, collected := tx.(*Pipeline)
	if !collected {
		writes = NewPipeline(tx)
	}
	err := writes.Exactly(rows, otherwise, func() error {
		_, err := writes.Exec(ctx, sql, args...)
		return err
	})
	if err != nil || collected {
		return err
	}
	return writes.Flush(ctx)
}
