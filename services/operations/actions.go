package operations

import (
	"context"
	"fmt"

	backofficev1 "github.com/waybill-dev/waybill/gen/waybill/backoffice/v1"
	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	deliveryv1 "github.com/waybill-dev/waybill/gen/waybill/delivery/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// The names of what actions need.
const (
	inputCounted = "counted"
	inputLot     = "lot"
)

// carryOut has the owning service do what a command says. What it refuses comes back as its fault.
func (s *Service) carryOut(
	ctx context.Context, exception domain.Exception, command store.Command, req *operationsv1.ResolveExceptionRequest,
) error {
	key := fmt.Sprintf("exception/%s/%d", exception.ID, command.Step.Position)
	reason := req.GetReason()
	if exception.Class == domain.DeadLetter {
		return s.decideLetter(ctx, exception, command.Step, key)
	}
	if exception.Class == domain.MasterRefused {
		return s.decideMaster(ctx, exception, command.Step)
	}
	if exception.Class == domain.ERPRefused {
		_, err := s.backoffice.RetryPosts(ctx, &backofficev1.RetryPostsRequest{
			DocumentIds: []string{exception.Context[domain.ContextDocument]}, Reason: reason, Actor: command.Step.Actor,
			ExceptionId: id.Format(id.Exception, exception.ID),
		})
		return err
	}
	hold, isHold := exception.Class.HoldKind()
	var err error
	switch action := command.Step.Action; {
	case isHold && action != domain.Cancel:
		_, err = s.orders.ReleaseHold(ctx, &orderv1.ReleaseHoldRequest{
			RequestId: key, OrderId: exception.Order, Reason: reason, Type: orderv1.HoldType(orderv1.HoldType_value[holdPrefix+hold]),
		})
	case exception.Class == domain.UnexpectedShipment && action == domain.Accept:
		_, err = s.fulfillments.AbsorbUnplanned(ctx, &fulfillmentv1.AbsorbUnplannedRequest{
			RequestId: key, ShipmentId: exception.Context[domain.ContextShipment],
		})
	case exception.Class == domain.UnexpectedShipment && action == domain.Cancel:
		_, err = s.fulfillments.RecoverShipment(ctx, &fulfillmentv1.RecoverShipmentRequest{
			RequestId: key, ShipmentId: exception.Context[domain.ContextShipment], UnplannedOnly: true, Reason: reason,
		})
	case exception.Class == domain.AccountStopped && action == domain.Accept:
		_, err = s.billing.LiftPaymentStop(ctx, &billingv1.LiftPaymentStopRequest{
			RequestId: key, AccountId: exception.Context[domain.ContextAccount], Reason: reason,
		})
	case action == domain.Cancel:
		_, err = s.orders.CancelOrder(ctx, &orderv1.CancelOrderRequest{RequestId: key, OrderId: exception.Order, Reason: reason})
	case action == domain.Retry:
		_, err = s.orders.RetryProcess(ctx, &orderv1.RetryProcessRequest{ProcessId: exception.Context[domain.ContextProcess]})
	case action == domain.ReplaceInput:
		err = s.count(ctx, exception, key, req.GetInput())
	case exception.Context[domain.ContextException] != "":
		_, err = s.fulfillments.ResolveFulfillmentException(ctx, &fulfillmentv1.ResolveFulfillmentExceptionRequest{
			ExceptionId: exception.Context[domain.ContextException], Resolution: reason,
		})
	}
	return err
}

// decideLetter has the service that holds a dead letter hand it in again, or go on without it.
func (s *Service) decideLetter(ctx context.Context, exception domain.Exception, step domain.Step, key string) error {
	service, consumer := exception.Context[domain.ContextService], exception.Context[domain.ContextConsumer]
	event := exception.Context[domain.ContextEvent]
	client, err := s.deliveryOf(service)
	if err != nil {
		return err
	}
	if step.Action == domain.Skip {
		_, err = client.SkipDeadLetter(ctx, &deliveryv1.SkipDeadLetterRequest{
			RequestId: key, Service: service, Consumer: consumer, EventId: event, Reason: step.Reason, Actor: step.Actor,
		})
		return err
	}
	_, err = client.RetryDeadLetter(ctx, &deliveryv1.RetryDeadLetterRequest{
		RequestId: key, Service: service, Consumer: consumer, EventId: event, Reason: step.Reason, Actor: step.Actor,
	})
	return err
}

// decideMaster has what the ERP says of a master tried again, or given up.
func (s *Service) decideMaster(ctx context.Context, exception domain.Exception, step domain.Step) error {
	entry := exception.Context[domain.ContextEntry]
	if step.Action == domain.Skip {
		_, err := s.masters.DropSetAsideMaster(ctx, &masterdatav1.DropSetAsideMasterRequest{EntryId: entry, Reason: step.Reason, Actor: step.Actor})
		return err
	}
	_, err := s.masters.RetrySetAsideMasters(ctx, &masterdatav1.RetrySetAsideMastersRequest{EntryIds: []string{entry}})
	return err
}

// count records what was counted of an item that is frozen.
func (s *Service) count(ctx context.Context, exception domain.Exception, key string, input map[string]string) error {
	sku := exception.Context[domain.ContextSKU]
	started, err := s.stock.StartCount(ctx, &inventoryv1.StartCountRequest{
		RequestId: key, NodeId: exception.Node, Items: []*inventoryv1.StockCountItem{{Sku: sku, Lot: input[inputLot]}},
	})
	if err != nil {
		return err
	}
	reply, err := s.stock.RecordCount(ctx, &inventoryv1.RecordCountRequest{
		RequestId: key, CountId: started.GetCount().GetCountId(), Results: []*inventoryv1.StockCountResult{{
			Sku: sku, Lot: input[inputLot], Quantity: input[inputCounted],
		}},
	})
	if err != nil {
		return err
	}
	for _, outcome := range reply.GetOutcomes() {
		if !outcome.GetApplied() {
			return fault.New(fault.Precondition, outcome.GetReason(), "the count was not taken: count again")
		}
	}
	return nil
}
