package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
)

// WaveFilter says which waiting orders a wave takes; an empty field takes all.
type WaveFilter struct {
	NodeID, ShipBy, Carrier, ServiceLevel string
	MaxOrders                             int
}

// LockWaiting finds orders that no wave has taken, the oldest first.
func LockWaiting(ctx context.Context, tx database.Transaction, filter WaveFilter) ([]domain.Waiting, error) {
	rows, err := New(tx).LockWaiting(ctx, LockWaitingParams{
		NodeID: filter.NodeID, ShipBy: filter.ShipBy, Carrier: filter.Carrier, ServiceLevel: filter.ServiceLevel,
		PageLimit: int32(filter.MaxOrders),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	waiting := make([]domain.Waiting, 0, len(rows))
	for _, row := range rows {
		waiting = append(waiting, domain.Waiting{ID: row.FulfillmentID, Lines: row.LineCount})
	}
	return waiting, nil
}

// AddWave stores a new wave, which takes its orders.
func AddWave(ctx context.Context, tx database.Transaction, wave *domain.Wave) error {
	queries := New(tx)
	err := queries.InsertWave(ctx, InsertWaveParams{ID: wave.ID, NodeID: wave.NodeID, Now: wave.CreatedAt})
	if err != nil {
		return database.Fault(ctx, err)
	}
	return database.Fault(ctx, queries.TakeWaiting(ctx, TakeWaitingParams{WaveID: wave.ID, Ids: memberIDs(wave)}))
}

// LockWave loads a wave with its orders and locks all of them; it is nil when there is none.
func LockWave(ctx context.Context, tx database.Transaction, id uuid.UUID) (*domain.Wave, map[uuid.UUID]*domain.Fulfillment, error) {
	queries := New(tx)
	row, err := queries.LockWave(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil, nil
	case err != nil:
		return nil, nil, database.Fault(ctx, err)
	}
	waves, err := withMembers(ctx, queries, []Wave{row})
	if err != nil {
		return nil, nil, err
	}
	book := &domain.Book{Fulfillments: make(map[uuid.UUID]*domain.Fulfillment, len(waves[0].Members))}
	if waves[0].State == domain.WaveReleased {
		return waves[0], nil, nil
	}
	return waves[0], book.Fulfillments, loadFulfillments(ctx, queries, book, unique(memberIDs(waves[0])))
}

// SaveRelease stores that a wave was released, and puts those of its orders into the dispatch queue that are to be sent. waited are
// all that stood in it.
func SaveRelease(ctx context.Context, tx database.Transaction, wave *domain.Wave, waited, send []uuid.UUID) error {
	queries := New(tx)
	members, err := encodeJSON(append([]domain.Waiting{}, wave.Members...))
	if err != nil {
		return err
	}
	err = queries.ReleaseWave(ctx, ReleaseWaveParams{
		ID: wave.ID, Members: []byte(members), LineCount: wave.Lines(), Now: wave.ReleasedAt,
	})
	if err != nil {
		return database.Fault(ctx, err)
	}
	if err := queries.DeleteWaiting(ctx, waited); err != nil {
		return database.Fault(ctx, err)
	}
	tx.Notify(TopicDispatch)
	return database.Fault(ctx, saveDispatch(ctx, queries, &domain.Changes{Send: send}, wave.ReleasedAt))
}

// FindWave is nil when there is none.
func FindWave(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Wave, error) {
	queries := New(db)
	row, err := queries.GetWave(ctx, id)
	switch {
	case database.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, database.Fault(ctx, err)
	}
	waves, err := withMembers(ctx, queries, []Wave{row})
	if err != nil {
		return nil, err
	}
	return waves[0], nil
}

// ListWavesBefore loads at most limit waves with smaller ids than before, the newest first. Empty filters do not restrict.
func ListWavesBefore(ctx context.Context, db DBTX, node string, state domain.WaveState, before uuid.UUID, limit int) ([]*domain.Wave, error) {
	queries := New(db)
	rows, err := queries.ListWaves(ctx, ListWavesParams{Before: before, NodeID: node, State: string(state), PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return withMembers(ctx, queries, rows)
}

// withMembers adds the orders: of planned waves those that wait.
func withMembers(ctx context.Context, queries *Queries, rows []Wave) ([]*domain.Wave, error) {
	waves := make([]*domain.Wave, 0, len(rows))
	planned := make(map[uuid.UUID]*domain.Wave, len(rows))
	var ids []uuid.UUID
	for _, row := range rows {
		wave := &domain.Wave{ID: row.WaveID, NodeID: row.NodeID, State: domain.WaveState(row.State), CreatedAt: row.CreatedAt}
		waves = append(waves, wave)
		if wave.State == domain.WavePlanned {
			planned[wave.ID], ids = wave, append(ids, wave.ID)
			continue
		}
		wave.ReleasedAt = row.ReleasedAt
		if err := decodeJSON(row.Members, &wave.Members); err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return waves, nil
	}
	waiting, err := queries.ListWaiting(ctx, ids)
	for _, row := range waiting {
		wave := planned[row.WaveID]
		wave.Members = append(wave.Members, domain.Waiting{ID: row.FulfillmentID, Lines: row.LineCount})
	}
	return waves, database.Fault(ctx, err)
}

func memberIDs(wave *domain.Wave) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(wave.Members))
	for _, member := range wave.Members {
		ids = append(ids, member.ID)
	}
	return ids
}

// WaitsForWave reports whether an order waits for a wave or in one.
func WaitsForWave(ctx context.Context, db DBTX, id uuid.UUID) (bool, error) {
	rows, err := New(db).IsWaiting(ctx, id)
	return rows > 0, database.Fault(ctx, err)
}

// saveWaiting adds orders that wait for waves, and takes away those that need not be handed over any more.
func saveWaiting(ctx context.Context, queries *Queries, changes *domain.Changes, now time.Time) error {
	if len(changes.Wait) > 0 {
		set := InsertWaitingParams{Now: now}
		for _, f := range changes.Wait {
			set.Ids = append(set.Ids, f.ID)
			set.NodeIds = append(set.NodeIds, f.NodeID)
			set.LineCounts = append(set.LineCounts, int64(len(f.Lines)))
			set.ShipBys = append(set.ShipBys, f.Instructions.ShipBy)
			set.Carriers = append(set.Carriers, f.Instructions.Carrier)
			set.ServiceLevels = append(set.ServiceLevels, f.Instructions.ServiceLevel)
		}
		if err := queries.InsertWaiting(ctx, set); err != nil {
			return err
		}
	}
	if len(changes.Unsend) == 0 {
		return nil
	}
	return queries.DeleteWaiting(ctx, changes.Unsend)
}

// TakeSSCCs gives out container codes that no carton has. It is short of them when the serial numbers are used up.
func TakeSSCCs(ctx context.Context, tx database.Transaction, companyPrefix string, count int) ([]string, error) {
	queries := New(tx)
	codes := make([]string, 0, count)
	for len(codes) < count {
		wanted := count - len(codes)
		next, err := queries.TakeSerials(ctx, TakeSerialsParams{CompanyPrefix: companyPrefix, Count: int64(wanted)})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		var made []string
		for serial := next - int64(wanted); serial < next; serial++ {
			if code, ok := domain.SSCC(companyPrefix, serial); ok {
				made = append(made, code)
			}
		}
		used, err := queries.FindCartons(ctx, made)
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		taken := make(map[string]bool, len(used))
		for _, carton := range used {
			taken[carton.Sscc] = true
		}
		for _, code := range made {
			if !taken[code] {
				codes = append(codes, code)
			}
		}
		if len(made) < wanted {
			return codes, nil
		}
	}
	return codes, nil
}
