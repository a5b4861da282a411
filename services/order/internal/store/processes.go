package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/process"
)

// InsertProcesses stores new processes. A timer that is there already comes no later than the new one.
func InsertProcesses(ctx context.Context, tx DBTX, processes []*process.Process) error {
	var ordinary, timers []*process.Process
	for _, one := range processes {
		if one.Live() {
			ordinary = append(ordinary, one)
		} else {
			timers = append(timers, one)
		}
	}
	if err := insert(ordinary, func(p InsertProcessesParams) error { return New(tx).InsertProcesses(ctx, p) }); err != nil {
		return fmt.Errorf("insert processes: %w", err)
	}
	err := insert(timers, func(p InsertProcessesParams) error { return New(tx).InsertTimers(ctx, InsertTimersParams(p)) })
	if err != nil {
		return fmt.Errorf("insert timers: %w", err)
	}
	return nil
}

func insert(processes []*process.Process, run func(InsertProcessesParams) error) error {
	n := len(processes)
	if n == 0 {
		return nil
	}
	p := InsertProcessesParams{
		ProcessIds: make([]uuid.UUID, n), OrderIds: make([]uuid.UUID, n), Kinds: make([]string, n), Shards: make([]int64, n),
		States: make([]string, n), Versions: make([]int64, n), DueAts: make([]pgtype.Timestamptz, n),
		Deadlines: make([]pgtype.Timestamptz, n), Steps: make([]string, n),
	}
	for i, one := range processes {
		steps, err := encodeSteps(one)
		if err != nil {
			return err
		}
		p.ProcessIds[i], p.OrderIds[i], p.Kinds[i], p.Shards[i] = one.ID, one.OrderID, string(one.Kind), int64(one.Shard)
		p.States[i], p.Versions[i], p.DueAts[i], p.Deadlines[i] = string(one.State), one.Version, stamp(one.DueAt), stamp(one.Deadline)
		p.Steps[i] = steps
	}
	return run(p)
}

// UpdateProcesses stores processes whose version was raised by one.
func UpdateProcesses(ctx context.Context, writes *database.Pipeline, processes []*process.Process) error {
	n := len(processes)
	if n == 0 {
		return nil
	}
	p := UpdateProcessesParams{
		ProcessIds: make([]uuid.UUID, n), Kinds: make([]string, n), States: make([]string, n), Versions: make([]int64, n),
		DueAts: make([]pgtype.Timestamptz, n), Deadlines: make([]pgtype.Timestamptz, n), Steps: make([]string, n),
	}
	for i, one := range processes {
		steps, err := encodeSteps(one)
		if err != nil {
			return err
		}
		p.ProcessIds[i], p.Kinds[i], p.States[i], p.Versions[i] = one.ID, string(one.Kind), string(one.State), one.Version
		p.DueAts[i], p.Deadlines[i], p.Steps[i] = stamp(one.DueAt), stamp(one.Deadline), steps
	}
	return exactly(writes, n, func(q *Queries) (int64, error) { return q.UpdateProcesses(ctx, p) })
}

// DeleteProcesses takes finished processes out of the queue.
func DeleteProcesses(ctx context.Context, writes *database.Pipeline, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	return exactly(writes, len(ids), func(q *Queries) (int64, error) { return q.DeleteProcesses(ctx, ids) })
}

// LockProcesses gives the versions of the processes that exist and keeps others from changing them.
func LockProcesses(ctx context.Context, tx DBTX, ids []uuid.UUID) (map[uuid.UUID]int64, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]int64{}, nil
	}
	rows, err := New(tx).LockProcesses(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock processes: %w", err)
	}
	versions := make(map[uuid.UUID]int64, len(rows))
	for _, row := range rows {
		versions[row.ProcessID] = row.Version
	}
	return versions, nil
}

// HurryProcesses makes processes due at once and tells which of them are there.
func HurryProcesses(ctx context.Context, tx DBTX, ids []uuid.UUID, now time.Time) (map[uuid.UUID]bool, error) {
	rows, err := New(tx).HurryProcesses(ctx, HurryProcessesParams{DueAt: stamp(now), ProcessIds: ids})
	if err != nil {
		return nil, fmt.Errorf("hurry processes: %w", err)
	}
	there := make(map[uuid.UUID]bool, len(rows))
	for _, id := range rows {
		there[id] = true
	}
	return there, nil
}

// HurryProcess makes a process due at once and reports whether it is there.
func HurryProcess(ctx context.Context, tx DBTX, id uuid.UUID, now time.Time) (bool, error) {
	there, err := HurryProcesses(ctx, tx, []uuid.UUID{id}, now)
	return there[id], err
}

// DueProcesses gives a page of the processes of the shards and kinds that are due, the longest due first.
func DueProcesses(
	ctx context.Context, tx DBTX, shards []int32, kinds []process.KindName, now time.Time, after process.Cursor, limit int,
) ([]*process.Process, error) {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	from := pgtype.Timestamptz{Time: after.DueAt, Valid: true}
	if after.DueAt.IsZero() {
		from.Time = time.Unix(0, 0)
	}
	rows, err := New(tx).DueProcesses(ctx, DueProcessesParams{
		Shards: shard.Wide(shards), Kinds: names, Now: stamp(now), AfterDueAt: from, AfterID: after.ID, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("due processes: %w", err)
	}
	found := make([]*process.Process, 0, len(rows))
	for _, row := range rows {
		one := &process.Process{
			ID: row.ProcessID, OrderID: row.OrderID, Kind: process.KindName(row.Kind), Shard: int32(row.Shard),
			State: process.State(row.State), Version: row.Version, DueAt: row.DueAt.Time, Deadline: row.Deadline.Time,
		}
		if err := json.Unmarshal(row.Steps, &one.Steps); err != nil {
			return nil, fmt.Errorf("steps of process %s: %w", row.ProcessID, err)
		}
		found = append(found, one)
	}
	return found, nil
}

// Exception is something that a person must look at.
type Exception struct {
	Order uuid.UUID
	// Process is the one that is stuck; zero when a fact is the trouble.
	Process uuid.UUID
	// Key names a fact among the order's, so that it opens one exception and can be resolved; empty: it cannot.
	Key             string
	Reason, Message string
}

// ExceptionID is the id of an exception with a key.
func ExceptionID(order uuid.UUID, key string) uuid.UUID { return id.Derive(order, "exception/"+key) }

// Told is an exception as an event tells of it.
type Told struct {
	ID, Order uuid.UUID
	// Process is the one that is stuck; zero when a fact is the trouble.
	Process         uuid.UUID
	Reason, Message string
	// Sequence counts the exception's events.
	Sequence int64
}

// OpenExceptions stores exceptions, and gives them as they are to be told. A process that gets stuck again opens its old one.
func OpenExceptions(ctx context.Context, tx DBTX, exceptions []Exception, now time.Time) ([]Told, error) {
	if len(exceptions) == 0 {
		return nil, nil
	}
	p := OpenExceptionsParams{OpenedAt: stamp(now)}
	for _, e := range exceptions {
		own := id.New()
		switch {
		case e.Process != uuid.Nil:
			own = stuckID(e.Process)
		case e.Key != "":
			own = ExceptionID(e.Order, e.Key)
		}
		p.ExceptionIds, p.OrderIds, p.ProcessIds = append(p.ExceptionIds, own), append(p.OrderIds, e.Order), append(p.ProcessIds, e.Process)
		p.Reasons, p.Messages = append(p.Reasons, e.Reason), append(p.Messages, e.Message)
	}
	rows, err := New(tx).OpenExceptions(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open exceptions: %w", err)
	}
	told := make([]Told, 0, len(rows))
	for _, row := range rows {
		one := Told{ID: row.ExceptionID, Order: row.OrderID, Reason: row.Reason, Message: row.Message, Sequence: row.Sequence}
		if row.ProcessID.Valid {
			one.Process = row.ProcessID.Bytes
		}
		told = append(told, one)
	}
	return told, nil
}

// StuckIDs are the ids of the exceptions of processes that were stuck.
func StuckIDs(processes []uuid.UUID) []uuid.UUID {
	ids := make([]uuid.UUID, len(processes))
	for i, p := range processes {
		ids[i] = stuckID(p)
	}
	return ids
}

// Resolve closes those exceptions that are open, and gives them as they are to be told.
func Resolve(ctx context.Context, tx DBTX, ids []uuid.UUID, now time.Time) ([]Told, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := New(tx).ResolveExceptions(ctx, ResolveExceptionsParams{ResolvedAt: stamp(now), ExceptionIds: ids})
	if err != nil {
		return nil, fmt.Errorf("resolve exceptions: %w", err)
	}
	told := make([]Told, 0, len(rows))
	for _, row := range rows {
		told = append(told, Told{ID: row.ExceptionID, Order: row.OrderID, Sequence: row.Sequence})
	}
	return told, nil
}

func stuckID(process uuid.UUID) uuid.UUID { return id.Derive(process, "stuck") }

func encodeSteps(p *process.Process) (string, error) {
	if p.Steps == nil {
		return "[]", nil
	}
	steps, err := json.Marshal(p.Steps)
	if err != nil {
		return "", fmt.Errorf("steps of process %s: %w", p.ID, err)
	}
	return string(steps), nil
}
