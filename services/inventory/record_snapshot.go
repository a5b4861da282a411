package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// reasonOlderSequence: the same or a newer snapshot of the source was taken before.
const reasonOlderSequence = "OLDER_SEQUENCE"

// RecordSnapshot implements the RPC of the same name.
func (s *Service) RecordSnapshot(
	ctx context.Context, req *inventoryv1.RecordSnapshotRequest,
) (*inventoryv1.RecordSnapshotResponse, error) {
	now := s.now()
	entries, err := s.snapshotFromProto(ctx, req)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, "record_snapshot", func(tx database.Transaction) (*inventoryv1.RecordSnapshotResponse, error) {
		outcomes, err := s.recordSnapshot(ctx, tx, req, entries, now)
		if err != nil {
			return nil, err
		}
		reply := &inventoryv1.RecordSnapshotResponse{Outcomes: outcomes}
		for _, outcome := range outcomes {
			switch outcome.GetResult() {
			case inventoryv1.SnapshotResult_SNAPSHOT_RESULT_APPLIED:
				reply.Applied++
			case inventoryv1.SnapshotResult_SNAPSHOT_RESULT_IGNORED:
				reply.Ignored++
			default:
				reply.Refused++
			}
		}
		return reply, nil
	})
}

// snapshotEntry is an entry as it is understood; refused says why it cannot be taken.
type snapshotEntry struct {
	decoded
	lot     string
	refused string
}

// snapshotFromProto decodes the entries. What is wrong with one is its refusal, so that it fails alone.
func (s *Service) snapshotFromProto(ctx context.Context, req *inventoryv1.RecordSnapshotRequest) ([]snapshotEntry, error) {
	all := make([]goods, len(req.GetEntries()))
	for i, sent := range req.GetEntries() {
		all[i] = goods{
			field: fmt.Sprint(i), sku: sent.GetSku(), node: sent.GetNodeId(), lot: sent.GetLot(), quantity: sent.GetQuantity(),
			zero: true,
		}
	}
	known, wrong, err := s.decodeGoods(ctx, all)
	if err != nil {
		return nil, err
	}
	reasons := make(map[string]string, len(wrong))
	for _, field := range slices.Backward(wrong) {
		entry, _, _ := strings.Cut(field.Path, ".")
		reasons[entry] = field.Reason
	}
	entries := make([]snapshotEntry, len(known))
	for i := range known {
		entries[i] = snapshotEntry{decoded: known[i], lot: all[i].lot, refused: reasons[all[i].field]}
	}
	return entries, nil
}

func (s *Service) recordSnapshot(
	ctx context.Context, tx database.Transaction, req *inventoryv1.RecordSnapshotRequest, entries []snapshotEntry, now time.Time,
) ([]*inventoryv1.SnapshotOutcome, error) {
	source, err := s.snapshotSource(ctx, tx, req.GetSource())
	if err != nil {
		return nil, err
	}
	received := now.Add(-source.Lag)
	counts := make([]domain.Count, len(entries))
	outcomes := make([]*inventoryv1.SnapshotOutcome, len(entries))
	for i, sent := range req.GetEntries() {
		asOf := moment(sent.GetAsOf(), received)
		if asOf.After(now) {
			asOf = now
		}
		outcomes[i] = &inventoryv1.SnapshotOutcome{
			Sku: sent.GetSku(), NodeId: sent.GetNodeId(), Lot: sent.GetLot(), AsOf: wireTime(asOf), LowConfidence: sent.GetAsOf() == nil,
		}
		counts[i] = domain.Count{
			StockKey: entries[i].StockKey, Lot: entries[i].lot, Quantity: entries[i].base, At: asOf, Reason: domain.ReasonSnapshot,
			Document: fmt.Sprintf("%s/%d", req.GetSource(), sent.GetSourceSeq()),
			Snapshot: &domain.SnapshotApplied{
				Lot: entries[i].lot, Source: req.GetSource(), Sequence: sent.GetSourceSeq(), AsOf: asOf, LowConfidence: sent.GetAsOf() == nil,
			},
			Freshness: source.Freshness(asOf), Now: now,
		}
	}
	sound, err := s.newSnapshots(ctx, tx, req, entries, outcomes)
	if err != nil {
		return nil, err
	}
	return outcomes, s.applySnapshot(ctx, tx, req, sound, counts, outcomes, now)
}

// snapshotSource is what is known of a system; one of which nothing was said is as one whose settings are all at their default.
func (s *Service) snapshotSource(ctx context.Context, tx database.Transaction, name string) (store.Source, error) {
	sources, err := store.Sources(ctx, tx)
	if err != nil {
		return store.Source{}, err
	}
	for _, known := range sources {
		if known.Name == name {
			return known, nil
		}
	}
	return store.Source{Name: name}, nil
}

// newSnapshots are the positions of the entries that are sound and newer than what was taken before; the others get their
// outcome.
func (s *Service) newSnapshots(
	ctx context.Context, tx database.Transaction, req *inventoryv1.RecordSnapshotRequest, entries []snapshotEntry,
	outcomes []*inventoryv1.SnapshotOutcome,
) ([]int, error) {
	keys := make([]store.SnapshotKey, 0, len(entries))
	for _, entry := range entries {
		if entry.refused == "" {
			keys = append(keys, store.SnapshotKey{StockKey: entry.StockKey, Lot: entry.lot})
		}
	}
	positions, err := store.SnapshotPositions(ctx, tx, req.GetSource(), keys)
	if err != nil {
		return nil, err
	}
	var sound []int
	for i, entry := range entries {
		key := store.SnapshotKey{StockKey: entry.StockKey, Lot: entry.lot}
		sequence := req.GetEntries()[i].GetSourceSeq()
		switch {
		case entry.refused != "":
			outcomes[i].Result, outcomes[i].Reason = inventoryv1.SnapshotResult_SNAPSHOT_RESULT_REFUSED, entry.refused
		case sequence <= positions[key]:
			outcomes[i].Result, outcomes[i].Reason = inventoryv1.SnapshotResult_SNAPSHOT_RESULT_IGNORED, reasonOlderSequence
		default:
			positions[key] = sequence
			sound = append(sound, i)
		}
	}
	return sound, nil
}

// applySnapshot brings the books in line with the sound entries.
func (s *Service) applySnapshot(
	ctx context.Context, tx database.Transaction, req *inventoryv1.RecordSnapshotRequest, sound []int, all []domain.Count,
	outcomes []*inventoryv1.SnapshotOutcome, now time.Time,
) error {
	counts := make([]domain.Count, len(sound))
	for i, position := range sound {
		counts[i] = all[position]
	}
	shelf, counts, err := store.LoadForCounts(ctx, tx, s.items, counts, now)
	if err != nil {
		return err
	}
	taken := map[store.SnapshotKey]store.SnapshotTaken{}
	for i, position := range sound {
		outcome := outcomes[position]
		if counts[i].Quantity > domain.MaxStock {
			outcome.Result, outcome.Reason = inventoryv1.SnapshotResult_SNAPSHOT_RESULT_REFUSED, domain.ReasonTooLarge
			continue
		}
		counted, err := shelf.Count(counts[i])
		if err != nil {
			return err
		}
		key := store.SnapshotKey{StockKey: counts[i].StockKey, Lot: counts[i].Lot}
		newest := store.SnapshotTaken{Sequence: req.GetEntries()[position].GetSourceSeq(), AsOf: taken[key].AsOf, Quantity: taken[key].Quantity}
		if !counted.Stale {
			newest.AsOf, newest.Quantity = counts[i].At, counts[i].Quantity
		}
		taken[key] = newest
		if counted.Stale {
			outcome.Result, outcome.Reason = inventoryv1.SnapshotResult_SNAPSHOT_RESULT_IGNORED, domain.ReasonStaleness
			continue
		}
		outcome.Result, outcome.Difference = inventoryv1.SnapshotResult_SNAPSHOT_RESULT_APPLIED, counted.Difference
		outcome.Revoked, outcome.Frozen = counted.Revoked, counted.Frozen
	}
	var ignored int64
	for _, outcome := range outcomes {
		if outcome.GetResult() == inventoryv1.SnapshotResult_SNAPSHOT_RESULT_IGNORED {
			ignored++
		}
	}
	if err := store.SaveSnapshots(ctx, tx, req.GetSource(), taken, ignored); err != nil {
		return err
	}
	if _, err := shelf.Flow(nil); err != nil {
		return err
	}
	return s.settle(ctx, tx, shelf, now)
}
