package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// SnapshotKey names what a system counts its snapshots of.
type SnapshotKey struct {
	domain.StockKey
	Lot string
}

// SnapshotTaken is the newest snapshot that was taken of something.
type SnapshotTaken struct {
	Sequence int64
	// AsOf is what it speaks of and Quantity what it says, where it was applied; a zero AsOf: it was not.
	AsOf     time.Time
	Quantity int64
}

// Source is an outside system that sends snapshots.
type Source struct {
	Name string
	// Lag is how long its snapshots are on their way.
	Lag time.Duration
	// Fresh is for how long they are fresh, 0: for ever. After it the larger of StaleUnits and StaleBP, parts per ten thousand of what
	// is available, is kept back.
	Fresh               time.Duration
	StaleUnits, StaleBP int64
	// Ignored counts the entries that were.
	Ignored int64
}

// Sources are all systems that send snapshots, by name.
func Sources(ctx context.Context, db DBTX) ([]Source, error) {
	rows, err := New(db).SnapshotSources(ctx)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	sources := make([]Source, len(rows))
	for i, row := range rows {
		sources[i] = toSource(row)
	}
	return sources, nil
}

func toSource(row SnapshotSource) Source {
	return Source{
		Name: row.Source, Lag: time.Duration(row.LagSeconds) * time.Second, Ignored: row.Ignored,
		Fresh: time.Duration(row.FreshSeconds) * time.Second, StaleUnits: row.StaleUnits, StaleBP: row.StaleBp,
	}
}

// Freshness is that of a snapshot that speaks of a moment.
func (s Source) Freshness(asOf time.Time) domain.Freshness {
	if s.Fresh == 0 {
		return domain.Freshness{}
	}
	return domain.Freshness{Until: asOf.Add(s.Fresh), Units: s.StaleUnits, BP: s.StaleBP}
}

// SetSource says how a system's snapshots are to be taken.
func SetSource(ctx context.Context, tx database.Transaction, source Source) (Source, error) {
	rows, err := New(tx).SetSnapshotSource(ctx, SetSnapshotSourceParams{
		Source: source.Name, LagSeconds: int64(source.Lag / time.Second), FreshSeconds: int64(source.Fresh / time.Second),
		StaleUnits: source.StaleUnits, StaleBp: source.StaleBP,
	})
	if err != nil {
		return Source{}, err
	}
	return toSource(rows[0]), nil
}

// SnapshotPositions are the newest snapshots that were taken from the system.
func SnapshotPositions(
	ctx context.Context, tx database.Transaction, source string, keys []SnapshotKey,
) (map[SnapshotKey]int64, error) {
	set := SnapshotPositionsParams{Source: source}
	for _, key := range keys {
		set.Skus = append(set.Skus, string(key.SKU))
		set.NodeIds = append(set.NodeIds, string(key.Node))
		set.Lots = append(set.Lots, key.Lot)
	}
	rows, err := New(tx).SnapshotPositions(ctx, set)
	if err != nil {
		return nil, err
	}
	positions := make(map[SnapshotKey]int64, len(rows))
	for _, row := range rows {
		key := SnapshotKey{domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}, row.Lot}
		positions[key] = row.SourceSeq
	}
	return positions, nil
}

// unknownQuantity is that of a system of which no snapshot was applied.
const unknownQuantity = -1

// SaveSnapshots stores the newest snapshots that were taken, and counts those that were ignored.
func SaveSnapshots(
	ctx context.Context, tx database.Transaction, source string, positions map[SnapshotKey]SnapshotTaken, ignored int64,
) error {
	queries := New(tx)
	if err := queries.CountIgnoredSnapshots(ctx, CountIgnoredSnapshotsParams{Source: source, Ignored: ignored}); err != nil {
		return err
	}
	if len(positions) == 0 {
		return nil
	}
	set := SaveSnapshotPositionsParams{Source: source}
	for key, taken := range positions {
		set.Skus = append(set.Skus, string(key.SKU))
		set.NodeIds = append(set.NodeIds, string(key.Node))
		set.Lots = append(set.Lots, key.Lot)
		set.Sequences = append(set.Sequences, taken.Sequence)
		asOf, quantity := taken.AsOf, taken.Quantity
		if asOf.IsZero() {
			asOf, quantity = time.Unix(0, 0), unknownQuantity
		}
		set.AsOfs, set.Quantities = append(set.AsOfs, asOf), append(set.Quantities, quantity)
	}
	return queries.SaveSnapshotPositions(ctx, set)
}

// SnapshotMoments are, of the stock of the items that outside systems tell, the latest moments that their snapshots speak of.
func SnapshotMoments(ctx context.Context, db DBTX, skus []string) (map[domain.StockKey]time.Time, error) {
	rows, err := New(db).SnapshotMoments(ctx, skus)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	moments := make(map[domain.StockKey]time.Time, len(rows))
	for _, row := range rows {
		moments[domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}] = row.AsOf
	}
	return moments, nil
}
