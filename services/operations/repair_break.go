package operations

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/idempotency"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// RepairBreak implements the RPC of the same name. The repair is stored before it is carried out, under a key that the owning
// service gets too: whoever repeats it, and after whatever crash, it takes effect once.
func (s *Service) RepairBreak(ctx context.Context, req *operationsv1.RepairBreakRequest) (*operationsv1.RepairBreakResponse, error) {
	wanted, err := parseBreak(req.GetBreakId())
	if err != nil {
		return nil, err
	}
	command, err := s.beginRepair(ctx, wanted, req)
	if err != nil {
		return nil, err
	}
	if command.Outcome == "" {
		broken, err := s.findBreak(ctx, wanted)
		if err != nil {
			return nil, err
		}
		outcome := s.repair(ctx, broken, command)
		if notKnown(ctx, outcome) {
			return nil, outcome // what came of it is not known: a repeat goes on from here
		}
		if command, err = s.concludeRepair(ctx, command, outcome); err != nil {
			return nil, err
		}
	}
	if err := refusalIn(command.Failure); err != nil {
		return nil, err
	}
	after, err := s.findBreak(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return &operationsv1.RepairBreakResponse{Found: breakToProto(after), Repair: recordToProto(&command.RepairRecord)}, nil
}

// beginRepair stores the repair, or finds the one that has the key.
func (s *Service) beginRepair(ctx context.Context, wanted uuid.UUID, req *operationsv1.RepairBreakRequest) (store.RepairCommand, error) {
	principal, hash := rpc.IdentityFrom(ctx).Principal, idempotency.Hash(req)
	key := principal + "/" + req.GetRequestId()
	return database.Tx(ctx, s.db, "begin_repair", func(tx database.Transaction) (store.RepairCommand, error) {
		known, err := store.FindRepair(ctx, tx, key)
		if err != nil {
			return store.RepairCommand{}, err
		}
		if known != nil {
			if !bytes.Equal(known.Hash, hash) {
				return *known, fault.New(fault.Invalid, idempotency.ReasonReused, "this request_id was used before with another content")
			}
			return *known, nil
		}
		breaks, err := store.LockBreaks(ctx, tx, nil, []uuid.UUID{wanted})
		if err != nil || len(breaks) == 0 {
			return store.RepairCommand{}, errors.Join(err, breakMissing(req.GetBreakId()))
		}
		if err := repairable(&breaks[0], req); err != nil {
			return store.RepairCommand{}, err
		}
		breaks[0].Repairs++
		command := store.RepairCommand{Key: key, Hash: hash, RepairRecord: domain.RepairRecord{
			Break: wanted, Position: breaks[0].Repairs, Repair: breaks[0].Repair, At: s.now(),
			Actor: cmp.Or(req.GetActor(), principal), Reason: req.GetReason(), Input: req.GetInput(),
		}}
		if err := store.SaveBreaks(ctx, tx, breaks); err != nil {
			return command, err
		}
		return command, store.AddRepair(ctx, tx, command)
	})
}

// repairable refuses what does not fit a break.
func repairable(broken *domain.Break, req *operationsv1.RepairBreakRequest) error {
	asked := domain.Repair(plain(req.GetRepair(), repairPrefix))
	switch {
	case !broken.Open:
		return fault.New(fault.Precondition, "BREAK_CLOSED", "the two sides agree again")
	case asked != broken.Repair:
		return fault.New(fault.Precondition, "REPAIR_NOT_FITTING", "%s does not fit: the break suggests %s", asked, broken.Repair)
	case broken.Repair == domain.ByPerson:
		return fault.New(fault.Precondition, "REPAIR_BY_PERSON", "no command is safe. %s", broken.Guidance)
	}
	for _, name := range broken.Repair.Inputs() {
		if req.GetInput()[name] == "" {
			return fault.New(fault.Invalid, "INPUT_MISSING", "the repair needs the input %q", name).
				WithField("input", "INPUT_MISSING", name+" is missing")
		}
	}
	return nil
}

// concludeRepair records what came of a repair, and tells it. The break stays open: the next look closes it.
func (s *Service) concludeRepair(ctx context.Context, command store.RepairCommand, refusal error) (store.RepairCommand, error) {
	var err error
	if command.Outcome, command.Failure, err = outcomeOf(refusal); err != nil {
		return command, err
	}
	_, err = database.Tx(ctx, s.db, "conclude_repair", func(tx database.Transaction) (struct{}, error) {
		first, err := store.SetRepairOutcome(ctx, tx, command)
		if err != nil || !first {
			return struct{}{}, err
		}
		breaks, err := store.LockBreaks(ctx, tx, nil, []uuid.UUID{command.Break})
		if err != nil || len(breaks) == 0 {
			return struct{}{}, err
		}
		breaks[0].Sequence++
		if err := store.SaveBreaks(ctx, tx, breaks); err != nil {
			return struct{}{}, err
		}
		event := breakEvent(&breaks[0], s.now())
		event.Payload = &operationsv1.ReconciliationBreakRepaired{
			BreakId: event.Aggregate, OrderId: breaks[0].Order, Equation: breaks[0].Equation, Repair: recordToProto(&command.RepairRecord),
		}
		return struct{}{}, outbox.Add(ctx, tx, event)
	})
	return command, err
}
