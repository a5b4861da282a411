package fault

import (
	"context"
	"time"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// ship has a warehouse ship all that is left of a promise. The step ends when the stock's ledger shows it, for facts travel as
// events; the client goes on meanwhile.
func (c *client) ship(ctx context.Context) error {
	of, ok := c.take()
	if !ok || of.hold != "" {
		if ok {
			c.promises = append(c.promises, of)
		}
		return c.look(ctx)
	}
	asked := step{at: of.at, kind: ship, quantity: of.left, promise: of.key}
	key := c.key()
	var handling string
	err := c.insist(ctx, func(ctx context.Context) error {
		got, err := c.fulfillment.CreateFulfillment(ctx, &fulfillmentv1.CreateFulfillmentRequest{Fulfillments: []*fulfillmentv1.FulfillmentRequest{{
			Key: key, OrderId: of.key, NodeId: of.at.node, Lines: []*fulfillmentv1.FulfillmentRequestLine{{
				LineNumber: 1, Sku: of.at.sku, Quantity: of.left, BaseUnit: "EA",
			}},
		}}})
		if err == nil {
			handling = got.GetOutcomes()[0].GetFulfillmentId()
		}
		return err
	})
	if err != nil {
		return err
	}
	call := c.history.now()
	var shipment string
	err = c.insist(ctx, func(ctx context.Context) error {
		got, err := c.warehouse.RecordShipment(ctx, &fulfillmentv1.RecordShipmentRequest{Shipments: []*fulfillmentv1.ShipmentReport{{
			FulfillmentId: handling, WarehouseShipmentId: key, Final: true,
			Lines: []*fulfillmentv1.ShipmentReportLine{{LineNumber: 1, Quantity: of.left}},
		}}})
		if err != nil {
			return err
		}
		outcome := got.GetOutcomes()[0]
		if outcome.GetRefusal() != nil {
			return fault.New(fault.Invalid, outcome.GetRefusal().GetReason(), "%s", outcome.GetRefusal().GetMessage())
		}
		shipment = outcome.GetShipmentId()
		return nil
	})
	if err != nil {
		return err
	}
	posted := func(ctx context.Context) (answer, error) { return answer{}, c.posted(ctx, shipment) }
	c.open.Go(func() error { return c.hear(ctx, asked, posted, call, func(answer) {}, nil) })
	return nil
}

func (c *client) posted(ctx context.Context, shipment string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	got, err := c.operator.ListMovements(ctx, &inventoryv1.ListMovementsRequest{SourceDocument: shipment})
	if err == nil && len(got.GetEntries()) == 0 {
		return fault.New(fault.Unavailable, "NOT_YET", "the event has not come through")
	}
	return err
}
