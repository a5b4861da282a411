package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
)

// walk goes through a backlog in order of aggregate and sequence, so that wherever it is cut only later events are
// missing. It is one query whose rows are taken a page at a time: the server sorts once, however long the backlog. It
// holds a connection until its end, and does not see what was stored after its beginning.
type walk struct {
	rows   pgx.Rows
	cancel context.CancelFunc
	// ended: there are no more rows.
	ended bool
	// held are aggregates of which an event was refused: what follows it is passed over until the next walk.
	held map[string]bool
	// succeeded: at least one event was acknowledged. failure is the first one's.
	succeeded bool
	failure   error
}

// newWalk begins a walk. It outlives ctx, which is that of one pass: close it.
func newWalk(ctx context.Context, db *database.DB, shards []int32) (*walk, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	rows, err := db.Pool().Query(ctx, `SELECT shard, id, aggregate, sequence, envelope FROM outbox
		WHERE shard = ANY($1::INT8[]) ORDER BY aggregate, sequence`, shards)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("read outbox: %w", database.Fault(ctx, err))
	}
	return &walk{rows: rows, cancel: cancel, held: make(map[string]bool)}, nil
}

// next takes up to n rows, without those that are held back.
func (w *walk) next(ctx context.Context, n int) ([]row, error) {
	stop := context.AfterFunc(ctx, w.cancel) // a server that hangs must not outlast the relay
	defer stop()
	page := make([]row, 0, n)
	for len(page) < n {
		if !w.rows.Next() {
			w.ended = true
			break
		}
		r, err := scanRow(w.rows)
		if err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		if !w.held[r.aggregate] {
			page = append(page, r)
		}
	}
	if err := w.rows.Err(); err != nil {
		return nil, fmt.Errorf("read outbox: %w", database.Fault(ctx, err))
	}
	return page, nil
}

// hold notes what became of a page.
func (w *walk) hold(result sent) {
	for _, aggregate := range result.failed {
		w.held[aggregate] = true
	}
	w.succeeded = w.succeeded || len(result.acked) > 0
	if w.failure == nil {
		w.failure = result.failure
	}
}

// close ends the walk where it is. A nil walk is closed.
func (w *walk) close() {
	if w != nil {
		w.cancel() // before Close, which would read all rows that are left
		w.rows.Close()
	}
}

func scanRow(from pgx.CollectableRow) (row, error) {
	var r row
	var envelope []byte
	if err := from.Scan(&r.shard, &r.id, &r.aggregate, &r.sequence, &envelope); err != nil {
		return row{}, err
	}
	r.event, r.broken = bus.ParseEnvelope(envelope)
	return r, nil
}
