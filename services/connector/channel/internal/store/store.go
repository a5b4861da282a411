// Package store keeps what the sandbox portals were told. Sets go in and come out; nothing here decides.
package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/channel/internal/domain"
)

// LoadBoard loads what is shown under the keys of a set.
func LoadBoard(ctx context.Context, tx database.Transaction, notices []domain.Notice) (*domain.Board, error) {
	keys := make([]string, 0, len(notices))
	for _, notice := range notices {
		keys = append(keys, notice.Key)
	}
	rows, err := New(tx).FindNotices(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return domain.NewBoard(fromRows(rows)), nil
}

// List gives a page of what is shown, by key.
func List(ctx context.Context, db DBTX, after string, limit int32) ([]domain.Entry, error) {
	rows, err := New(db).ListNotices(ctx, ListNoticesParams{After: after, PageLimit: limit})
	return fromRows(rows), database.Fault(ctx, err)
}

// Save stores entries that are new, or were sent again or withdrawn.
func Save(ctx context.Context, tx database.Transaction, entries []domain.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var set SaveNoticesParams
	for _, one := range entries {
		set.Keys, set.OrderIds = append(set.Keys, one.Key), append(set.OrderIds, one.OrderID)
		set.Channels, set.Withdrawns = append(set.Channels, one.Channel), append(set.Withdrawns, one.Withdrawn)
		set.Refs, set.ToldAts = append(set.Refs, one.Reference), append(set.ToldAts, one.ToldAt)
		set.Times = append(set.Times, one.TimesSent)
	}
	return database.Fault(ctx, New(tx).SaveNotices(ctx, set))
}

func fromRows(rows []Notice) []domain.Entry {
	entries := make([]domain.Entry, 0, len(rows))
	for _, row := range rows {
		entries = append(entries, domain.Entry{
			Notice:    domain.Notice{Key: row.NoticeKey, OrderID: row.OrderID, Channel: row.Channel, Withdrawn: row.Withdrawn},
			Reference: row.Reference, ToldAt: row.ToldAt, TimesSent: row.TimesSent,
		})
	}
	return entries
}
