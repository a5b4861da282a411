package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/database"
)

// Pipeline collects the writes of a transaction and sends them all at once: one wait for the server instead of one per
// table. It fits wherever a Transaction does, as long as nobody asks what a single write did; reads go through at once,
// before the writes. The errors of the writes come from Flush, without which nothing is written.
type Pipeline struct {
	database.Transaction
	batch pgx.Batch
	rows  int64 // that each statement must affect; 0: any number
}

// NewPipeline begins a pipeline.
func NewPipeline(tx database.Transaction) *Pipeline { return &Pipeline{Transaction: tx} }

// Exec collects a write. The tag that it returns says nothing.
func (p *Pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	queued := p.batch.Queue(sql, args...)
	if want := p.rows; want != 0 {
		queued.Exec(func(tag pgconn.CommandTag) error {
			if got := tag.RowsAffected(); got != want {
				return fmt.Errorf("%d rows written, %d were new: a key twice, or one that was not looked for", want, got)
			}
			return nil
		})
	}
	return pgconn.CommandTag{}, nil
}

// exactly collects writes that must affect so many rows each.
func (p *Pipeline) exactly(rows int, collect func() error) error {
	p.rows = int64(rows)
	defer func() { p.rows = 0 }()
	return collect()
}

// Flush sends what was collected.
func (p *Pipeline) Flush(ctx context.Context) error {
	if p.batch.Len() == 0 {
		return nil
	}
	return p.SendBatch(ctx, &p.batch).Close()
}
