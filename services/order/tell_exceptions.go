package order

import (
	"context"
	"slices"

	"github.com/google/uuid"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// saveExceptions opens and resolves what needs a person, and gives the events that tell of it. One that is opened and over in
// the same set is told as both.
func (c *changes) saveExceptions(ctx context.Context, tx database.Transaction) ([]outbox.Event, error) {
	opened, err := store.OpenExceptions(ctx, tx, c.exceptions, c.now)
	if err != nil {
		return nil, err
	}
	resolved, err := store.Resolve(ctx, tx, slices.Concat(store.StuckIDs(c.recovered), c.resolved), c.now)
	if err != nil {
		return nil, err
	}
	shipments := map[uuid.UUID]string{}
	for _, one := range c.exceptions {
		if one.Key != "" {
			shipments[store.ExceptionID(one.Order, one.Key)] = one.Key // the only key is that of an unplanned shipment
		}
	}
	events := make([]outbox.Event, 0, len(opened)+len(resolved))
	for _, one := range opened {
		payload := &orderv1.OrderExceptionOpened{
			ExceptionId: one.ID.String(), OrderId: id.Format(id.Order, one.Order), Reason: one.Reason, Message: one.Message,
			ShipmentId: shipments[one.ID],
		}
		if one.Process != uuid.Nil {
			payload.ProcessId = id.Format(id.Process, one.Process)
		}
		events = append(events, outbox.Event{
			Aggregate: payload.GetExceptionId(), Sequence: one.Sequence, Shard: shard.OfUUID(one.ID), Payload: payload,
			OccurredAt: c.now, CorrelationID: payload.GetOrderId(),
		})
	}
	for _, one := range resolved {
		payload := &orderv1.OrderExceptionResolved{ExceptionId: one.ID.String(), OrderId: id.Format(id.Order, one.Order)}
		events = append(events, outbox.Event{
			Aggregate: payload.GetExceptionId(), Sequence: one.Sequence, Shard: shard.OfUUID(one.ID), Payload: payload,
			OccurredAt: c.now, CorrelationID: payload.GetOrderId(),
		})
	}
	return events, nil
}
