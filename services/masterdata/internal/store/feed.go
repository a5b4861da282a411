package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// TopicMasters wakes the intake of this process when there is something to do before its time.
const TopicMasters = "masterdata_masters"

// theFeed is the name of the ERP's feed, the only one.
const theFeed = "erp"

// FindMasterFeed says how far the feed is; false: it was never asked for.
func FindMasterFeed(ctx context.Context, db DBTX) (domain.Feed, bool, error) {
	rows, err := New(db).FindFeed(ctx, theFeed)
	return feedOf(ctx, rows, err)
}

// LockMasterFeed says how far the feed is, and makes it at its beginning where it never was.
func LockMasterFeed(ctx context.Context, tx database.Transaction, now time.Time) (domain.Feed, error) {
	rows, err := New(tx).LockFeed(ctx, theFeed)
	feed, known, err := feedOf(ctx, rows, err)
	if err != nil || known {
		return feed, err
	}
	feed = domain.Feed{Generation: 1, Behind: true, StartedAt: now}
	return feed, database.Fault(ctx, New(tx).InsertFeed(ctx, InsertFeedParams{Feed: theFeed, Now: now}))
}

func feedOf(ctx context.Context, rows []MasterFeed, err error) (domain.Feed, bool, error) {
	if err != nil || len(rows) == 0 {
		return domain.Feed{}, false, database.Fault(ctx, err)
	}
	row := rows[0]
	return domain.Feed{
		Cursor: string(row.Cursor), Generation: row.Generation, Behind: row.Behind, AsOf: row.AsOf.Time, CurrentAt: row.CurrentAt.Time,
		ReadAt: row.ReadAt.Time, StartedAt: row.StartedAt, Taken: row.Taken, Problem: row.Problem, ProblemSince: row.ProblemSince.Time,
	}, true, nil
}

// SaveMasterFeed stores how far the feed is.
func SaveMasterFeed(ctx context.Context, tx database.Transaction, feed domain.Feed) error {
	return database.Fault(ctx, New(tx).SaveFeed(ctx, SaveFeedParams{
		Feed: theFeed, Cursor: []byte(feed.Cursor), Generation: feed.Generation, Behind: feed.Behind, AsOf: moment(feed.AsOf),
		CurrentAt: moment(feed.CurrentAt), ReadAt: moment(feed.ReadAt), Taken: feed.Taken, Problem: feed.Problem,
		ProblemSince: moment(feed.ProblemSince),
	}))
}

// moment is a time that may not be.
func moment(at time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: at, Valid: !at.IsZero()}
}
