package operations

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

func exceptionToProto(from *domain.Exception) *operationsv1.OperationsException {
	exception := &operationsv1.OperationsException{
		ExceptionId: id.Format(id.Exception, from.ID), Class: string(from.Class), Severity: operationsv1.ExceptionSeverity(from.Severity),
		State: operationsv1.ExceptionState(operationsv1.ExceptionState_value["EXCEPTION_STATE_"+string(from.State)]),
		Queue: from.Queue, Assignee: from.Assignee, DueAt: timestamppb.New(from.DueAt), SubjectKind: from.Subject.Kind,
		SubjectId: from.Subject.ID, OrderId: from.Order, PartnerId: from.Partner, NodeId: from.Node, Reason: from.Reason,
		Message: from.Message, FirstSeenAt: timestamppb.New(from.FirstSeen), LastSeenAt: timestamppb.New(from.LastSeen),
		Count: from.Seen, Resolution: from.Resolution, Context: from.Context,
	}
	if !from.IsOpen() {
		exception.ResolvedAt = timestamppb.New(from.ResolvedAt)
	}
	for _, action := range from.Actions() {
		exception.Actions = append(exception.Actions, actionToProto(action))
	}
	return exception
}

func actionToProto(action domain.Action) operationsv1.ExceptionAction {
	return operationsv1.ExceptionAction(operationsv1.ExceptionAction_value[actionPrefix+string(action)])
}

func actionFromProto(action operationsv1.ExceptionAction) domain.Action {
	return domain.Action(plain(action, actionPrefix))
}

const actionPrefix = "EXCEPTION_ACTION_"

func stepToProto(from domain.Step) *operationsv1.ExceptionStep {
	return &operationsv1.ExceptionStep{
		Position: int32(from.Position), Kind: operationsv1.ExceptionStepKind(operationsv1.ExceptionStepKind_value["EXCEPTION_STEP_KIND_"+string(from.Kind)]),
		At: timestamppb.New(from.At), Actor: from.Actor, Action: actionToProto(from.Action), Reason: from.Reason, Outcome: from.Outcome,
		EventId: from.Event,
	}
}
