package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// LockBreaks gives the open breaks of rules and those with an id, and keeps others from changing them.
func LockBreaks(ctx context.Context, tx database.Transaction, equations []string, ids []uuid.UUID) ([]domain.Break, error) {
	rows, err := New(tx).LockBreaks(ctx, LockBreaksParams{Equations: equations, BreakIds: ids})
	if err != nil {
		return nil, fmt.Errorf("lock breaks: %w", err)
	}
	return toBreaks(rows), nil
}

// SaveBreaks stores breaks.
func SaveBreaks(ctx context.Context, tx database.Transaction, breaks []domain.Break) error {
	if len(breaks) == 0 {
		return nil
	}
	var p SaveBreaksParams
	for i := range breaks {
		b := &breaks[i]
		p.BreakIds, p.Equations, p.Rules = append(p.BreakIds, b.ID), append(p.Equations, b.Equation), append(p.Rules, b.Rule)
		p.Descriptions, p.Entities = append(p.Descriptions, b.Description), append(p.Entities, b.Entity)
		p.LeftSides, p.RightSides, p.Details = append(p.LeftSides, b.Left), append(p.RightSides, b.Right), append(p.Details, b.Detail)
		p.OrderIds, p.LineNumbers = append(p.OrderIds, b.Order), append(p.LineNumbers, int64(b.Line))
		p.Skus, p.NodeIds, p.DocumentIds = append(p.Skus, b.SKU), append(p.NodeIds, b.Node), append(p.DocumentIds, b.Document)
		p.RepairKinds, p.Guidances = append(p.RepairKinds, string(b.Repair)), append(p.Guidances, b.Guidance)
		p.AreOpen, p.Sinces, p.LastSeenAts = append(p.AreOpen, b.Open), append(p.Sinces, b.Since), append(p.LastSeenAts, b.LastSeen)
		p.ClosedAts, p.TimesSeens = append(p.ClosedAts, b.ClosedAt), append(p.TimesSeens, b.Seen)
		p.RepairCounts, p.Sequences = append(p.RepairCounts, b.Repairs), append(p.Sequences, b.Sequence)
	}
	if err := New(tx).SaveBreaks(ctx, p); err != nil {
		return fmt.Errorf("save breaks: %w", err)
	}
	return nil
}

// BreakFilter says which breaks are meant. Empty fields do not restrict.
type BreakFilter struct {
	Equation, Order, SKU, Node string
	Closed                     bool
	AfterSince                 time.Time
	AfterID                    uuid.UUID
}

// ListBreaks gives a page of breaks, the longest open first.
func ListBreaks(ctx context.Context, db DBTX, filter BreakFilter, limit int) ([]domain.Break, error) {
	open := []bool{true}
	if filter.Closed {
		open = append(open, false)
	}
	rows, err := New(db).ListBreaks(ctx, ListBreaksParams{
		Open: open, AfterSince: filter.AfterSince, AfterID: filter.AfterID, Equation: filter.Equation, OrderID: filter.Order,
		Sku: filter.SKU, NodeID: filter.Node, PageLimit: int32(limit),
	})
	return toBreaks(rows), database.Fault(ctx, err)
}

// GetBreak gives a break; none when there is no such.
func GetBreak(ctx context.Context, db DBTX, id uuid.UUID) ([]domain.Break, error) {
	rows, err := New(db).GetBreak(ctx, id)
	return toBreaks(rows), database.Fault(ctx, err)
}

func toBreaks(rows []ReconciliationBreak) []domain.Break {
	breaks := make([]domain.Break, 0, len(rows))
	for _, row := range rows {
		one := domain.Break{
			ID: row.BreakID,
			Difference: domain.Difference{
				Equation: row.Equation, Rule: row.Rule, Description: row.Description, Entity: row.Entity, Left: row.LeftSide,
				Right: row.RightSide, Detail: row.Detail, Order: row.OrderID, Line: int32(row.LineNumber), SKU: row.Sku,
				Node: row.NodeID, Document: row.DocumentID, Area: domain.AreaOf(row.Equation),
			},
			Suggestion: domain.Suggestion{Repair: domain.Repair(row.Repair), Guidance: row.Guidance},
			Open:       row.IsOpen, Since: row.Since, LastSeen: row.LastSeenAt, Seen: row.TimesSeen, Repairs: row.Repairs, Sequence: row.Sequence,
		}
		if !row.IsOpen {
			one.ClosedAt = row.ClosedAt
		}
		breaks = append(breaks, one)
	}
	return breaks
}

// RepairCommand is a repair under its key.
type RepairCommand struct {
	Key string
	domain.RepairRecord
	// Hash stands for what the request says.
	Hash []byte
	// Failure is the fault with which it was refused, as JSON; empty: it was not.
	Failure string
}

// FindRepair gives the repair with a key; nil when there is none.
func FindRepair(ctx context.Context, tx database.Transaction, key string) (*RepairCommand, error) {
	rows, err := New(tx).FindRepair(ctx, key)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	record, err := toRepair(rows[0])
	return &RepairCommand{Key: key, RepairRecord: record, Hash: rows[0].ContentHash, Failure: rows[0].Failure}, err
}

// AddRepair stores a repair before it is carried out.
func AddRepair(ctx context.Context, tx database.Transaction, command RepairCommand) error {
	input, err := json.Marshal(command.Input)
	if err != nil {
		return err
	}
	err = New(tx).AddRepair(ctx, AddRepairParams{
		BreakID: command.Break, Position: command.Position, RequestKey: command.Key, ContentHash: command.Hash,
		Repair: string(command.Repair), At: command.At, Actor: command.Actor, Reason: command.Reason, Input: input,
	})
	if err != nil {
		return fmt.Errorf("add repair: %w", err)
	}
	return nil
}

// SetRepairOutcome records what came of a repair, unless that is known already: then it reports false.
func SetRepairOutcome(ctx context.Context, tx database.Transaction, command RepairCommand) (bool, error) {
	set, err := New(tx).SetRepairOutcome(ctx, SetRepairOutcomeParams{
		Outcome: command.Outcome, Failure: command.Failure, BreakID: command.Break, Position: command.Position,
	})
	return set > 0, err
}

// ListRepairs gives the last repairs of a break, the oldest first.
func ListRepairs(ctx context.Context, db DBTX, id uuid.UUID, limit int) ([]domain.RepairRecord, error) {
	rows, err := New(db).ListRepairs(ctx, ListRepairsParams{BreakID: id, PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	records := make([]domain.RepairRecord, len(rows))
	for i, row := range rows {
		if records[len(rows)-1-i], err = toRepair(row); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func toRepair(row ReconciliationRepair) (domain.RepairRecord, error) {
	record := domain.RepairRecord{
		Break: row.BreakID, Position: row.Position, Repair: domain.Repair(row.Repair), At: row.At, Actor: row.Actor, Reason: row.Reason,
		Outcome: row.Outcome,
	}
	if err := json.Unmarshal(row.Input, &record.Input); err != nil {
		return record, fmt.Errorf("input of a repair of %s: %w", row.BreakID, err)
	}
	return record, nil
}
