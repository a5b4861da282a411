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

// LockExceptions loads the exceptions with the keys, for a change.
func LockExceptions(ctx context.Context, tx database.Transaction, keys []string) ([]domain.Exception, error) {
	rows, err := New(tx).LockExceptionsByKey(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("lock exceptions: %w", err)
	}
	return toExceptions(rows)
}

// LockException loads one exception for a change; none when there is no such one.
func LockException(ctx context.Context, tx database.Transaction, id uuid.UUID) ([]domain.Exception, error) {
	rows, err := New(tx).LockException(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("lock exception: %w", err)
	}
	return toExceptions(rows)
}

// GetException reads one exception; none when there is no such one.
func GetException(ctx context.Context, db DBTX, id uuid.UUID) ([]domain.Exception, error) {
	rows, err := New(db).GetException(ctx, id)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return toExceptions(rows)
}

// ExceptionFilter says which exceptions are wanted; an empty field wants all.
type ExceptionFilter struct {
	Class, Queue, Assignee, Order string
	MinSeverity                   domain.Severity
	// Resolved: those, too.
	Resolved bool
	// DueBefore leaves out what is due later.
	DueBefore time.Time
	// AfterDue and AfterID are where the last page ended.
	AfterDue time.Time
	AfterID  uuid.UUID
}

// ListExceptions gives at most limit exceptions, the earliest due first.
func ListExceptions(ctx context.Context, db DBTX, filter ExceptionFilter, limit int) ([]domain.Exception, error) {
	open := []bool{true}
	if filter.Resolved {
		open = append(open, false)
	}
	rows, err := New(db).ListExceptions(ctx, ListExceptionsParams{
		Open: open, AfterDueAt: filter.AfterDue, AfterID: filter.AfterID, DueBefore: filter.DueBefore,
		MinSeverity: int64(filter.MinSeverity), Class: filter.Class, Queue: filter.Queue, Assignee: filter.Assignee,
		OrderID: filter.Order, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return toExceptions(rows)
}

// SaveDesk stores what has changed on a desk, with its steps.
func SaveDesk(ctx context.Context, tx database.Transaction, desk *domain.Desk) error {
	queries, changed := New(tx), desk.Changed()
	if len(changed) == 0 {
		return nil
	}
	var p SaveExceptionsParams
	for _, e := range changed {
		about, err := json.Marshal(e.Context)
		if err != nil {
			return fmt.Errorf("context of exception %s: %w", e.ID, err)
		}
		p.ExceptionIds, p.TroubleKeys, p.Classes = append(p.ExceptionIds, e.ID), append(p.TroubleKeys, e.Key), append(p.Classes, string(e.Class))
		p.Severities, p.States = append(p.Severities, int64(e.Severity)), append(p.States, string(e.State))
		p.Queues, p.Assignees = append(p.Queues, e.Queue), append(p.Assignees, e.Assignee)
		p.SubjectKinds, p.SubjectIds = append(p.SubjectKinds, e.Subject.Kind), append(p.SubjectIds, e.Subject.ID)
		p.OrderIds, p.PartnerIds, p.NodeIds = append(p.OrderIds, e.Order), append(p.PartnerIds, e.Partner), append(p.NodeIds, e.Node)
		p.Reasons, p.Messages, p.Contexts = append(p.Reasons, e.Reason), append(p.Messages, e.Message), append(p.Contexts, string(about))
		p.FirstSeenAts, p.LastSeenAts = append(p.FirstSeenAts, e.FirstSeen), append(p.LastSeenAts, e.LastSeen)
		p.OpenedAts, p.DueAts = append(p.OpenedAts, e.OpenedAt), append(p.DueAts, e.DueAt)
		p.ResolvedAts, p.Resolutions = append(p.ResolvedAts, e.ResolvedAt), append(p.Resolutions, e.Resolution)
		p.TimesSeens, p.StepCounts = append(p.TimesSeens, e.Seen), append(p.StepCounts, e.Steps)
		p.Sequences, p.AreOpen = append(p.Sequences, e.Sequence), append(p.AreOpen, e.IsOpen())
	}
	if err := queries.SaveExceptions(ctx, p); err != nil {
		return fmt.Errorf("save exceptions: %w", err)
	}
	if len(desk.Steps) == 0 {
		return nil
	}
	var steps AddStepsParams
	for _, s := range desk.Steps {
		steps.ExceptionIds, steps.Positions = append(steps.ExceptionIds, s.Exception), append(steps.Positions, s.Position)
		steps.Kinds, steps.Ats, steps.Actors = append(steps.Kinds, string(s.Kind)), append(steps.Ats, s.At), append(steps.Actors, s.Actor)
		steps.Actions, steps.Reasons = append(steps.Actions, string(s.Action)), append(steps.Reasons, s.Reason)
		steps.Outcomes, steps.EventIds = append(steps.Outcomes, s.Outcome), append(steps.EventIds, s.Event)
	}
	if err := queries.AddSteps(ctx, steps); err != nil {
		return fmt.Errorf("add steps: %w", err)
	}
	return nil
}

// ListSteps gives the last steps of an exception, the oldest first.
func ListSteps(ctx context.Context, db DBTX, exception uuid.UUID, limit int) ([]domain.Step, error) {
	rows, err := New(db).ListSteps(ctx, ListStepsParams{ExceptionID: exception, PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	steps := make([]domain.Step, len(rows))
	for i, row := range rows {
		steps[len(rows)-1-i] = toStep(row)
	}
	return steps, nil
}

// EventsOfSteps gives the events that brought about steps of exceptions.
func EventsOfSteps(ctx context.Context, tx database.Transaction, exceptions []domain.Exception) ([]string, error) {
	ids := make([]uuid.UUID, 0, len(exceptions))
	for _, exception := range exceptions {
		ids = append(ids, exception.ID)
	}
	events, err := New(tx).ListStepEvents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("events of steps: %w", err)
	}
	return events, nil
}

func toStep(row ExceptionStep) domain.Step {
	return domain.Step{
		Exception: row.ExceptionID, Position: row.Position, Kind: domain.StepKind(row.Kind), At: row.At, Actor: row.Actor,
		Action: domain.Action(row.Action), Reason: row.Reason, Outcome: row.Outcome, Event: row.EventID,
	}
}

func toExceptions(rows []Exception) ([]domain.Exception, error) {
	found := make([]domain.Exception, 0, len(rows))
	for _, row := range rows {
		exception := domain.Exception{
			ID: row.ExceptionID, Key: row.TroubleKey, Class: domain.Class(row.Class), Severity: domain.Severity(row.Severity),
			State: domain.State(row.State), Queue: row.Queue, Assignee: row.Assignee,
			Subject: domain.Subject{Kind: row.SubjectKind, ID: row.SubjectID}, Order: row.OrderID, Partner: row.PartnerID,
			Node: row.NodeID, Reason: row.Reason, Message: row.Message, FirstSeen: row.FirstSeenAt, LastSeen: row.LastSeenAt,
			OpenedAt: row.OpenedAt, DueAt: row.DueAt, Resolution: row.Resolution, Seen: row.TimesSeen, Steps: row.Steps,
			Sequence: row.Sequence,
		}
		if !row.IsOpen {
			exception.ResolvedAt = row.ResolvedAt
		}
		if err := json.Unmarshal(row.Context, &exception.Context); err != nil {
			return nil, fmt.Errorf("context of exception %s: %w", row.ExceptionID, err)
		}
		found = append(found, exception)
	}
	return found, nil
}
