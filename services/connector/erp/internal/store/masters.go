package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
)

// LoadMasters finds those of a set that are there, and perhaps some more, and the last position that was given.
func LoadMasters(ctx context.Context, tx database.Transaction, set []domain.Master) (known []domain.Master, last int64, err error) {
	var find FindMastersParams
	for _, one := range set {
		find.Kinds, find.Keys = append(find.Kinds, one.Kind), append(find.Keys, one.Key)
	}
	rows, err := New(tx).FindMasters(ctx, find)
	if err != nil {
		return nil, 0, database.Fault(ctx, err)
	}
	last, err = New(tx).LastPosition(ctx)
	return mastersOf(rows), last, database.Fault(ctx, err)
}

// SaveChangedMasters stores masters that have changed, all at one moment.
func SaveChangedMasters(ctx context.Context, tx database.Transaction, changed []domain.Master) error {
	if len(changed) == 0 {
		return nil
	}
	var set SaveMastersParams
	for _, one := range changed {
		set.Kinds, set.Keys = append(set.Kinds, one.Kind), append(set.Keys, one.Key)
		set.Contents, set.Positions = append(set.Contents, one.Content), append(set.Positions, one.Position)
		set.ChangedAt = one.ChangedAt
	}
	return database.Fault(ctx, New(tx).SaveMasters(ctx, set))
}

// ListMastersAfter gives at most limit masters that have changed after a position.
func ListMastersAfter(ctx context.Context, db DBTX, after int64, limit int) ([]domain.Master, error) {
	rows, err := New(db).ListMasters(ctx, ListMastersParams{After: after, PageLimit: int32(limit)})
	return mastersOf(rows), database.Fault(ctx, err)
}

func mastersOf(rows []Master) []domain.Master {
	masters := make([]domain.Master, 0, len(rows))
	for _, row := range rows {
		masters = append(masters, domain.Master{
			Kind: row.Kind, Key: row.MasterKey, Content: row.Content, Position: row.Position, ChangedAt: row.ChangedAt,
		})
	}
	return masters
}
