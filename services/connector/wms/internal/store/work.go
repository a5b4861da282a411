package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
)

// FindDue loads what is due in the shards, the oldest first, without what was due before lower.
func FindDue(ctx context.Context, db DBTX, leases shard.Leases, lower, now time.Time, limit int) ([]Task, error) {
	rows, err := New(db).FindDue(ctx, FindDueParams{
		Shards: shard.Wide(leases.Shards()), Lower: lower, Now: now, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	tasks := make([]Task, 0, len(rows))
	for _, row := range rows {
		task := Task{
			Kind: row.Kind, Step: domain.Step(row.Step), DueAt: row.DueAt, Attempt: row.Attempt,
			Order: domain.Order{ID: row.FulfillmentID, NodeID: row.NodeID, Carrier: row.Carrier},
		}
		if row.Kind == KindAnswer {
			task.Step, task.Answer = domain.StepNone, domain.Answer(row.Step)
		}
		if err := json.Unmarshal(row.Lines, &task.Order.Lines); err != nil {
			return nil, fmt.Errorf("decode lines: %w", err)
		}
		if err := json.Unmarshal(row.Parcel, &task.Cartons); err != nil {
			return nil, fmt.Errorf("decode parcel: %w", err)
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// NextDue is when something is due in the shards; the zero time when nothing waits.
func NextDue(ctx context.Context, db DBTX, leases shard.Leases, lower time.Time) (time.Time, error) {
	due, err := New(db).NextDue(ctx, NextDueParams{Shards: shard.Wide(leases.Shards()), Lower: lower})
	if err != nil || len(due) == 0 {
		return time.Time{}, database.Fault(ctx, err)
	}
	return due[0], nil
}

// Advance is a step that an order takes.
type Advance struct {
	Order   uuid.UUID
	Next    domain.Step
	DueAt   time.Time
	Cartons []domain.Carton
}

// AdvanceOrders stores the next steps of orders that nobody has stopped meanwhile.
func AdvanceOrders(ctx context.Context, tx database.Transaction, advances []Advance) error {
	if len(advances) == 0 {
		return nil
	}
	var set AdvanceWorkParams
	for _, advance := range advances {
		cartons := advance.Cartons
		if cartons == nil {
			cartons = []domain.Carton{}
		}
		parcel, err := json.Marshal(cartons)
		if err != nil {
			return fmt.Errorf("encode parcel: %w", err)
		}
		set.Ids = append(set.Ids, advance.Order)
		set.Steps = append(set.Steps, string(advance.Next))
		set.DueAts = append(set.DueAts, advance.DueAt)
		set.Parcels = append(set.Parcels, string(parcel))
	}
	return database.Fault(ctx, New(tx).AdvanceWork(ctx, set))
}

// EndWork removes what nothing remains of.
func EndWork(ctx context.Context, tx database.Transaction, kind string, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	return database.Fault(ctx, New(tx).DeleteWork(ctx, DeleteWorkParams{Ids: ids, Kind: kind}))
}

// PostponeWork sets when to try again.
func PostponeWork(ctx context.Context, tx database.Transaction, tasks []Task, dueAt func(attempt int64) time.Time) error {
	byKind := make(map[string]*PostponeWorkParams, 2)
	for _, task := range tasks {
		set := byKind[task.Kind]
		if set == nil {
			set = &PostponeWorkParams{Kind: task.Kind}
			byKind[task.Kind] = set
		}
		set.Ids = append(set.Ids, task.Order.ID)
		set.DueAts = append(set.DueAts, dueAt(task.Attempt+1))
	}
	for _, set := range byKind {
		if err := New(tx).PostponeWork(ctx, *set); err != nil {
			return database.Fault(ctx, err)
		}
	}
	return nil
}

// TakeSerials takes n serial numbers for cartons and returns the first.
func TakeSerials(ctx context.Context, tx database.Transaction, companyPrefix string, n int) (int64, error) {
	if n == 0 {
		return 0, nil
	}
	after, err := New(tx).TakeSerials(ctx, TakeSerialsParams{CompanyPrefix: companyPrefix, Taken: int64(n)})
	return after - int64(n), database.Fault(ctx, err)
}
