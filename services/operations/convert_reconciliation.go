package operations

import (
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

const (
	repairPrefix  = "BREAK_REPAIR_"
	areaPrefix    = "BREAK_AREA_"
	runPrefix     = "RECONCILIATION_STATE_"
	triggerPrefix = "RECONCILIATION_TRIGGER_"
)

func runToProto(from *domain.Run) *operationsv1.Reconciliation {
	to := &operationsv1.Reconciliation{
		ReconciliationId: id.Format(id.Books, from.ID),
		State:            operationsv1.ReconciliationState(operationsv1.ReconciliationState_value[runPrefix+string(from.State)]),
		Trigger:          operationsv1.ReconciliationTrigger(operationsv1.ReconciliationTrigger_value[triggerPrefix+string(from.Trigger)]),
		RequestedBy:      from.RequestedBy, RequestedAt: timestamppb.New(from.RequestedAt), StartedAt: momentToProto(from.StartedAt),
		FinishedAt: momentToProto(from.FinishedAt), BreaksFound: from.Found, BreaksClosed: from.Closed, BreaksOpen: from.Open,
	}
	for _, result := range from.Results {
		to.Results = append(to.Results, &operationsv1.ReconciliationResult{
			Equation: result.Equation, Rule: result.Rule, Examined: result.Examined, Broken: result.Broken, InFlight: result.InFlight,
			Failure: result.Failure,
		})
	}
	return to
}

// momentToProto leaves a moment out that has not come.
func momentToProto(moment time.Time) *timestamppb.Timestamp {
	if moment.IsZero() {
		return nil
	}
	return timestamppb.New(moment)
}

func breakToProto(from *domain.Break) *operationsv1.ReconciliationBreak {
	name := id.Format(id.Break, from.ID)
	to := &operationsv1.ReconciliationBreak{
		BreakId: name, Equation: from.Equation, Rule: from.Rule, Description: from.Description, Entity: from.Entity, Left: from.Left,
		Right: from.Right, Detail: from.Detail, OrderId: from.Order, LineNumber: from.Line, Sku: from.SKU, NodeId: from.Node,
		DocumentId: from.Document, State: operationsv1.BreakState_BREAK_STATE_OPEN, Since: timestamppb.New(from.Since),
		LastSeenAt: timestamppb.New(from.LastSeen), Count: from.Seen, ClosedAt: momentToProto(from.ClosedAt),
		Repair: repairToProto(from.Repair), Guidance: from.Guidance, Inputs: from.Repair.Inputs(),
		ExceptionId: id.Format(id.Exception, id.Derive(exceptionIDs, breakKey(name))),
	}
	if !from.Open {
		to.State = operationsv1.BreakState_BREAK_STATE_CLOSED
	}
	return to
}

func repairToProto(repair domain.Repair) operationsv1.BreakRepair {
	return operationsv1.BreakRepair(operationsv1.BreakRepair_value[repairPrefix+string(repair)])
}

func areaToProto(area domain.Area) operationsv1.BreakArea {
	return operationsv1.BreakArea(operationsv1.BreakArea_value[areaPrefix+string(area)])
}

func recordToProto(from *domain.RepairRecord) *operationsv1.BreakRepairRecord {
	return &operationsv1.BreakRepairRecord{
		Position: int32(from.Position), Repair: repairToProto(from.Repair), At: timestamppb.New(from.At), Actor: from.Actor,
		Reason: from.Reason, Input: from.Input, Outcome: from.Outcome,
	}
}

// differences are what a rule found, typed as far as it says what it is about.
func differences(rule *bookRule, found reconcile.Finding) []domain.Difference {
	all := make([]domain.Difference, 0, len(found.Breaks))
	for i := range found.Breaks {
		one := &found.Breaks[i]
		difference := domain.Difference{
			Equation: rule.name, Rule: rule.rule, Description: rule.description, Entity: one.Entity, Left: one.Left, Right: one.Right,
			Detail: one.Detail, Subject: one.Key.Subject, Order: one.Order, Line: one.Key.Line, SKU: one.SKU, Node: one.Key.Node,
			Area: domain.AreaOf(rule.name),
		}
		if rule.equation == nil {
			difference.ReadEntity()
		} else {
			difference.ReadID(one.Key.Subject)
		}
		all = append(all, difference)
	}
	return all
}

// breakIDs is the namespace of the ids of breaks: the same thing of the same rule has the same id.
var breakIDs = uuid.MustParse("0c4b0a3e-93c1-4a55-8f0e-2b1d3f6a7c42") //nolint:gochecknoglobals // a constant in all but syntax
