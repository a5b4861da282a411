package operations

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// ResolveException implements the RPC of the same name. The command is stored before it is carried out, under a key that the
// owning service gets too: whoever repeats it, and after whatever crash, it takes effect once.
func (s *Service) ResolveException(
	ctx context.Context, req *operationsv1.ResolveExceptionRequest,
) (*operationsv1.ResolveExceptionResponse, error) {
	command, exception, err := s.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	if command.Step.Outcome == "" {
		outcome := s.carryOut(ctx, exception, command, req)
		if notKnown(ctx, outcome) {
			return nil, outcome // what came of it is not known: a repeat goes on from here
		}
		if command, err = s.conclude(ctx, command, outcome); err != nil {
			return nil, err
		}
	}
	if err := refusalIn(command.Failure); err != nil {
		return nil, err
	}
	after, err := store.GetException(ctx, s.db.Pool(), command.Exception)
	if err != nil || len(after) == 0 {
		return nil, errors.Join(err, exceptionMissing(req.GetExceptionId()))
	}
	return &operationsv1.ResolveExceptionResponse{Exception: exceptionToProto(&after[0]), Step: stepToProto(command.Step)}, nil
}

// begin stores the command, or finds the one that has the key.
func (s *Service) begin(ctx context.Context, req *operationsv1.ResolveExceptionRequest) (store.Command, domain.Exception, error) {
	principal, hash := rpc.IdentityFrom(ctx).Principal, idempotency.Hash(req)
	key := principal + "/" + req.GetRequestId()
	type begun struct {
		command   store.Command
		exception domain.Exception
	}
	result, err := database.Tx(ctx, s.db, "begin_resolve", func(tx database.Transaction) (begun, error) {
		known, err := store.FindCommand(ctx, tx, key)
		if err != nil {
			return begun{}, err
		}
		if known != nil {
			if !bytes.Equal(known.Hash, hash) {
				return begun{}, fault.New(fault.Invalid, idempotency.ReasonReused, "this request_id was used before with another content")
			}
			found, err := store.LockException(ctx, tx, known.Exception)
			if err != nil || len(found) == 0 {
				return begun{}, errors.Join(err, exceptionMissing(req.GetExceptionId()))
			}
			return begun{*known, found[0]}, nil
		}
		desk, exception, err := s.openOnDesk(ctx, tx, req.GetExceptionId())
		if err != nil {
			return begun{}, err
		}
		action := actionFromProto(req.GetAction())
		if !slices.Contains(exception.Actions(), action) {
			return begun{}, fault.New(fault.Precondition, "ACTION_NOT_FITTING", "%s does not fit %s", action, exception.Class)
		}
		if action == domain.ReplaceInput && req.GetInput()[inputCounted] == "" {
			return begun{}, fault.New(fault.Invalid, "INPUT_MISSING", "the action needs the input %q", inputCounted).
				WithField("input", "INPUT_MISSING", "the quantity that was counted is missing")
		}
		step := desk.Command(exception, cmp.Or(req.GetActor(), principal), action, req.GetReason())
		command := store.Command{Key: key, Exception: exception.ID, Step: step, Hash: hash, Seen: exception.Seen}
		if err := keep(ctx, tx, desk); err != nil {
			return begun{}, err
		}
		return begun{command, *exception}, store.AddCommand(ctx, tx, command)
	})
	return result.command, result.exception, err
}

// conclude records what came of a command. What was done ends the exception, unless it was seen again meanwhile or a fact is to
// say that it is over.
func (s *Service) conclude(ctx context.Context, command store.Command, refusal error) (store.Command, error) {
	outcome, failure, err := outcomeOf(refusal)
	if err != nil {
		return command, err
	}
	_, err = database.Tx(ctx, s.db, "conclude_resolve", func(tx database.Transaction) (struct{}, error) {
		first, err := store.SetOutcome(ctx, tx, command, outcome, failure)
		if err != nil || !first || failure != "" {
			return struct{}{}, err
		}
		loaded, err := store.LockException(ctx, tx, command.Exception)
		if err != nil {
			return struct{}{}, err
		}
		desk := s.desk()
		desk.Load(loaded)
		exception := desk.Find(command.Exception)
		waits := exception != nil && exception.Class.RetryIsTold() && command.Step.Action == domain.Retry
		if exception == nil || !exception.IsOpen() || exception.Seen != command.Seen || waits {
			return struct{}{}, nil
		}
		desk.Resolve(exception, domain.Step{
			Actor: command.Step.Actor, Action: command.Step.Action, Reason: string(command.Step.Action) + ": " + command.Step.Reason,
		})
		return struct{}{}, keep(ctx, tx, desk)
	})
	command.Step.Outcome, command.Failure = outcome, failure
	return command, err
}
