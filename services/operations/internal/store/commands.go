package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// Command is a command about an exception, under its key.
type Command struct {
	Key       string
	Exception uuid.UUID
	// Step is what is recorded of it; its outcome is empty while it is not known.
	Step domain.Step
	// Hash stands for what the request says.
	Hash []byte
	// Seen is how often the exception had been seen when the command was given.
	Seen int64
	// Failure is the fault with which it was refused, as JSON; empty: it was not.
	Failure string
}

// FindCommand gives the command with a key; nil when there is none.
func FindCommand(ctx context.Context, tx database.Transaction, key string) (*Command, error) {
	queries := New(tx)
	rows, err := queries.FindCommand(ctx, key)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	step, err := queries.GetStep(ctx, GetStepParams{ExceptionID: rows[0].ExceptionID, Position: rows[0].Position})
	if err != nil {
		return nil, fmt.Errorf("step of command: %w", err)
	}
	return &Command{
		Key: key, Exception: rows[0].ExceptionID, Step: toStep(step), Hash: rows[0].ContentHash, Seen: rows[0].TimesSeen,
		Failure: rows[0].Failure,
	}, nil
}

// AddCommand stores a command whose step is stored.
func AddCommand(ctx context.Context, tx database.Transaction, command Command) error {
	err := New(tx).AddCommand(ctx, AddCommandParams{
		RequestKey: command.Key, ExceptionID: command.Exception, Position: command.Step.Position, ContentHash: command.Hash,
		TimesSeen: command.Seen,
	})
	if err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	return nil
}

// SetOutcome records what came of a command, unless that is known already: then it reports false.
func SetOutcome(ctx context.Context, tx database.Transaction, command Command, outcome, failure string) (bool, error) {
	queries := New(tx)
	set, err := queries.SetOutcome(ctx, SetOutcomeParams{
		Outcome: outcome, ExceptionID: command.Exception, Position: command.Step.Position,
	})
	if err != nil || set == 0 {
		return false, err
	}
	if failure != "" {
		if err := queries.SetFailure(ctx, SetFailureParams{Failure: failure, RequestKey: command.Key}); err != nil {
			return false, fmt.Errorf("set failure: %w", err)
		}
	}
	return true, nil
}
