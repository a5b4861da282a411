package outbox

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

const (
	// scanSlack is how far scans stay behind the newest ids: the clocks' difference and the time from making an event
	// to its commit together. PostgreSQL walks over everything that was deleted behind it, with every scan, until it is
	// vacuumed: a minute of a thousand orders a second is a hundred thousand rows.
	scanSlack = 10 * time.Second
	// fullScan is how often a scan begins at the very first row all the same.
	fullScan = 30 * time.Second
	// observing is how often depth and age are measured.
	observing = 15 * time.Second
)

// eventLoop relays events. It belongs to one goroutine.
type eventLoop struct {
	*Relay
	leases     shard.Leases
	lower      uuid.UUID // rows before it are known to be gone, up to the next full scan
	fullAt     time.Time
	observedAt time.Time
	walk       *walk // through a backlog; nil while everything fits a page
}

// row is a row of the outbox.
type row struct {
	shard     int32
	id        uuid.UUID
	aggregate string
	sequence  int64
	event     bus.Event
	// broken says why event cannot be read.
	broken error
}

// pass relays one page.
func (l *eventLoop) pass(ctx context.Context, leases shard.Leases) (progress, error) {
	stopping := func() bool { return ctx.Err() != nil }
	ctx, cancel := pace.Outlive(ctx, stopTime)
	defer cancel()
	if leases != l.leases {
		l.leases, l.lower = leases, uuid.Nil
		l.endWalk()
	}
	start := time.Now()
	if start.After(l.fullAt) {
		l.lower, l.fullAt = uuid.Nil, start.Add(fullScan)
	}
	rows, whole, err := l.page(ctx)
	if err != nil {
		l.endWalk()
		return progress{stuck: true, silent: true}, err
	}
	result := publish(ctx, chains(rows), l.options.Window, l.send, stopping)
	if err := l.delete(ctx, result.acked); err != nil {
		l.endWalk()
		return progress{stuck: true, silent: true}, err
	}
	l.told(result.acked)
	l.remember(start, rows, result, whole)
	l.observe(ctx, start)
	return l.progress(result, whole), result.failure
}

// told counts what the broker has taken.
func (l *eventLoop) told(acked []row) {
	l.metrics.events.Add(float64(len(acked)))
	if l.options.Told == nil {
		return
	}
	for _, r := range acked {
		l.options.Told(r.event)
	}
}

// progress tells what to do after a page. A walk goes on past aggregates of which an event was refused, and is stuck when
// it came to its end without any success.
func (l *eventLoop) progress(result sent, whole bool) progress {
	stuck := result.failure != nil && len(result.acked) == 0
	if l.walk != nil && !result.silent {
		l.walk.hold(result)
		if !l.walk.ended {
			return progress{more: true}
		}
		stuck = l.walk.failure != nil && !l.walk.succeeded
	}
	l.endWalk()
	return progress{more: !whole && !stuck && !result.silent, stuck: stuck, silent: stuck && result.silent}
}

// page reads the next rows: everything from the lower bound on when that fits a page, and then it is whole, else the next
// part of the backlog.
func (l *eventLoop) page(ctx context.Context) (rows []row, whole bool, err error) {
	if l.walk == nil {
		rows, err = l.read(ctx)
		if err != nil || len(rows) < l.options.Page {
			return rows, true, err
		}
		// The cut may have taken an earlier event of an aggregate in the page.
		if l.walk, err = newWalk(ctx, l.db, l.leases.Shards()); err != nil {
			return nil, false, err
		}
	}
	rows, err = l.walk.next(ctx, l.options.Page)
	return rows, false, err
}

func (l *eventLoop) endWalk() {
	l.walk.close()
	l.walk = nil
}

func (l *eventLoop) read(ctx context.Context) ([]row, error) {
	found, err := l.db.Pool().Query(ctx, `SELECT shard, id, aggregate, sequence, envelope FROM outbox
		WHERE shard = ANY($1::INT8[]) AND id >= $2 ORDER BY shard, id LIMIT $3`,
		l.leases.Shards(), l.lower, l.options.Page)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", database.Fault(ctx, err))
	}
	rows, err := pgx.CollectRows(found, scanRow)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", database.Fault(ctx, err))
	}
	return rows, nil
}

// delete removes what the broker has acknowledged. When another replica owns one of the shards by now nothing is
// removed: it publishes again and removes.
func (l *eventLoop) delete(ctx context.Context, acked []row) error {
	if len(acked) == 0 {
		return nil
	}
	byShard := make(map[int32][]uuid.UUID)
	for _, r := range acked {
		byShard[r.shard] = append(byShard[r.shard], r.id)
	}
	return remove(ctx, l.db, l.leases, "outbox", byShard)
}

// remove deletes rows of a queue table by their ids, which no two shards share, behind the fence and in one statement. Nobody
// else touches them, so it waits for no turn. The ids' range stands beside them because a server without statistics would read
// the whole of the shards.
func remove(ctx context.Context, db *database.DB, leases shard.Leases, table string, byShard map[int32][]uuid.UUID) error {
	touched := slices.Sorted(maps.Keys(byShard))
	ids := slices.Concat(slices.Collect(maps.Values(byShard))...)
	first, last := slices.MinFunc(ids, compare), slices.MaxFunc(ids, compare)
	_, err := database.TxBeside(ctx, db, table+"_delete", func(tx database.Transaction) (struct{}, error) {
		together := database.NewPipeline(tx)
		if err := leases.Only(touched...).Check(ctx, together); err != nil {
			return struct{}{}, err
		}
		_, err := together.Exec(ctx, `DELETE FROM `+table+` WHERE shard = ANY($1::INT8[]) AND id = ANY($2::UUID[]) AND id >= $3 AND id <= $4`,
			touched, ids, first, last)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, together.Flush(ctx)
	})
	return err
}

// remember moves the lower bound up to what is certainly done. Only a whole page tells anything about what is not in it.
func (l *eventLoop) remember(start time.Time, rows []row, result sent, whole bool) {
	if !whole {
		l.lower = uuid.Nil
		return
	}
	lower := firstID(start.Add(-scanSlack))
	if len(result.acked) < len(rows) {
		done := make(map[uuid.UUID]bool, len(result.acked))
		for _, r := range result.acked {
			done[r.id] = true
		}
		for _, r := range rows {
			if !done[r.id] && compare(r.id, lower) < 0 {
				lower = r.id
			}
		}
	}
	l.lower = lower
}

// firstID is the smallest UUIDv7 of a moment.
func firstID(at time.Time) uuid.UUID {
	var first uuid.UUID
	millis := uint64(at.UnixMilli())
	for i := range 6 {
		first[i] = byte(millis >> (40 - 8*i))
	}
	return first
}

func compare(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// observe measures depth and age now and then.
func (l *eventLoop) observe(ctx context.Context, now time.Time) {
	if now.Before(l.observedAt.Add(observing)) {
		return
	}
	l.observedAt = now
	var depth int64
	var oldest string
	err := l.db.Pool().QueryRow(ctx, `SELECT count(*), COALESCE(min(id::TEXT), '') FROM outbox WHERE shard = ANY($1::INT8[])`,
		l.leases.Shards()).Scan(&depth, &oldest)
	if err != nil {
		return // the next pass reports the same trouble
	}
	l.metrics.depth.Set(float64(depth))
	l.metrics.age.Set(0)
	if first, err := uuid.Parse(oldest); err == nil {
		seconds, nanos := first.Time().UnixTime()
		l.metrics.age.Set(max(now.Sub(time.Unix(seconds, nanos)).Seconds(), 0))
	}
}
