// Package store keeps the sandbox warehouse's orders and what has to be done about them. Sets go in and come out; nothing
// here decides.
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

// TopicWork wakes the drain of this process when there is something new to be done.
const TopicWork = "wms_work"

// The kinds of work.
const (
	KindOrder  = "ORDER"
	KindAnswer = "ANSWER"
)

// Task is something that is due.
type Task struct {
	Kind string
	// Step is the step of an order; Answer goes with KindAnswer.
	Step    domain.Step
	Answer  domain.Answer
	DueAt   time.Time
	Attempt int64
	Order   domain.Order
	// Cartons are those of an order that is picked.
	Cartons []domain.Carton
}

// AddOrders stores orders, each with its first step, and leaves alone those that are there.
func AddOrders(ctx context.Context, tx database.Transaction, orders []domain.Order, dueAt, now time.Time) error {
	set := InsertOrdersParams{Now: now}
	for _, order := range orders {
		lines, err := json.Marshal(order.Lines)
		if err != nil {
			return fmt.Errorf("encode lines: %w", err)
		}
		set.Ids = append(set.Ids, order.ID)
		set.NodeIds = append(set.NodeIds, order.NodeID)
		set.Carriers = append(set.Carriers, order.Carrier)
		set.Lines = append(set.Lines, string(lines))
	}
	added, err := New(tx).InsertOrders(ctx, set)
	if err != nil {
		return database.Fault(ctx, err)
	}
	steps := make(map[uuid.UUID]string, len(added))
	for _, id := range added {
		steps[id] = string(domain.StepAcknowledge)
	}
	return addWork(ctx, tx, KindOrder, steps, dueAt)
}

// FindStandings tells how far the orders are; those that are not there are missing.
func FindStandings(ctx context.Context, tx database.Transaction, ids []uuid.UUID) (map[uuid.UUID]domain.Standing, error) {
	rows, err := New(tx).FindStandings(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	standings := make(map[uuid.UUID]domain.Standing, len(rows))
	for _, row := range rows {
		standings[row.FulfillmentID] = domain.Standing{Known: true, Stopped: row.Stopped, Step: domain.Step(row.Step)}
	}
	return standings, nil
}

// StopOrders stops orders, also those that have not arrived.
func StopOrders(ctx context.Context, tx database.Transaction, ids []uuid.UUID, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	queries := New(tx)
	set := InsertOrdersParams{Ids: ids, NodeIds: make([]string, len(ids)), Carriers: make([]string, len(ids)), Lines: make([]string, len(ids)), Stopped: true, Now: now}
	for i := range set.Lines {
		set.Lines[i] = "[]"
	}
	if _, err := queries.InsertOrders(ctx, set); err != nil {
		return database.Fault(ctx, err)
	}
	if err := queries.StopOrders(ctx, ids); err != nil {
		return database.Fault(ctx, err)
	}
	return database.Fault(ctx, queries.DeleteWork(ctx, DeleteWorkParams{Ids: ids, Kind: KindOrder}))
}

// AddAnswers stores answers that have to be given.
func AddAnswers(ctx context.Context, tx database.Transaction, answers map[uuid.UUID]domain.Answer, dueAt time.Time) error {
	steps := make(map[uuid.UUID]string, len(answers))
	for id, answer := range answers {
		steps[id] = string(answer)
	}
	return addWork(ctx, tx, KindAnswer, steps, dueAt)
}

func addWork(ctx context.Context, tx database.Transaction, kind string, steps map[uuid.UUID]string, dueAt time.Time) error {
	if len(steps) == 0 {
		return nil
	}
	set := InsertWorkParams{Kind: kind, DueAt: dueAt}
	for id, step := range steps {
		set.Ids = append(set.Ids, id)
		set.Steps = append(set.Steps, step)
		set.Shards = append(set.Shards, int64(shard.OfUUID(id)))
	}
	if err := New(tx).InsertWork(ctx, set); err != nil {
		return database.Fault(ctx, err)
	}
	tx.Notify(TopicWork)
	return nil
}
